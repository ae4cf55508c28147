FROM python:3.12-slim-bookworm AS build

# The CPU build of torch; with PyPI alone the image would carry several gigabytes of CUDA libraries.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

RUN python -m venv /opt/jiebang
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY app app
COPY matching matching
COPY migrations migrations
RUN /opt/jiebang/bin/pip install --constraint constraints.txt --extra-index-url "${TORCH_INDEX}" .


FROM python:3.12-slim-bookworm

RUN groupadd --gid 10001 jiebang \
 && useradd --uid 10001 --gid jiebang --home-dir /data --no-create-home jiebang \
 && install --directory --owner jiebang --group jiebang --mode 0750 /data

COPY --from=build /opt/jiebang /opt/jiebang

ENV PATH=/opt/jiebang/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    JIEBANG_DATA_DIR=/data \
    JIEBANG_DATABASE_URL=sqlite:////data/jiebang.db \
    JIEBANG_LOG_FORMAT=json

USER jiebang
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

CMD ["jiebang", "serve", "--host", "0.0.0.0", "--port", "8000"]
