"""Settings of a running service, read once from `JIEBANG_*` variables and `.env`, and from nowhere else."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-key-change-me"  # noqa: S105
"""Signs tokens on a laptop; production refuses to start with it."""

DEFAULT_MODEL = "m3e-small"
"""The embedding model that `jiebang model fetch` installs below `DATA_DIR/models`."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class EncoderRuntime(StrEnum):
    TORCH = "torch"
    ONNX = "onnx"


class VectorBackend(StrEnum):
    FAISS = "faiss"
    MILVUS = "milvus"


class WorkerMode(StrEnum):
    INPROCESS = "inprocess"
    EXTERNAL = "external"


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


class MailSecurity(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Settings(BaseSettings):
    """All settings with their defaults for one laptop.

    Raises `pydantic.ValidationError` when production is asked for with a development secret.
    """

    model_config = SettingsConfigDict(env_prefix="JIEBANG_", env_file=".env", extra="ignore")

    env: Environment = Environment.DEVELOPMENT
    database_url: str = "sqlite:///var/jiebang.db"
    data_dir: Path = Path("var")
    model: str = DEFAULT_MODEL
    encoder: EncoderRuntime = EncoderRuntime.ONNX
    accept_research_license: bool = False
    vector_backend: VectorBackend = VectorBackend.FAISS
    milvus_uri: str = ""
    index_exact_below: int = Field(default=50_000, ge=0)
    index_recall: float = Field(default=0.98, ge=0.5, le=1.0)
    secret_key: SecretStr = SecretStr(DEVELOPMENT_SECRET)
    worker: WorkerMode = WorkerMode.INPROCESS
    worker_id: str = Field(default="worker-1", pattern=r"^[a-z0-9-]{1,40}$")
    log_format: LogFormat = LogFormat.CONSOLE
    log_level: str = "INFO"
    default_language: str = Field(default="zh", pattern="^(zh|en)$")

    access_token_minutes: int = Field(default=15, ge=1, le=1440)
    refresh_token_days: int = Field(default=14, ge=1, le=365)
    session_idle_minutes: int = Field(default=120, ge=5, le=1440)
    session_days: int = Field(default=7, ge=1, le=30)
    max_body_mb: int = Field(default=2, ge=1, le=100)
    max_upload_mb: int = Field(default=32, ge=1, le=1024)
    login_failures_before_lock: int = Field(default=5, ge=3, le=100)
    login_lock_minutes: int = Field(default=15, ge=1, le=1440)
    login_rate_per_minute: int = Field(default=20, ge=1, le=10_000)
    registrations_per_hour: int = Field(default=10, ge=1, le=10_000)
    password_min_length: int = Field(default=10, ge=8, le=100)
    model_queue: int = Field(default=256, ge=1, le=100_000)

    public_url: str = Field(default="", pattern=r"^(https?://[^\s]{1,200})?$")
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_security: MailSecurity = MailSecurity.STARTTLS
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = Field(default="", pattern=r"^([^\s@<>,]{1,64}@[^\s@<>,]{1,189})?$")
    smtp_ca_file: Path | None = None
    smtp_timeout_seconds: float = Field(default=15, gt=0, le=20)
    webhook_allow_private: bool = False
    webhook_ca_file: Path | None = None
    webhook_timeout_seconds: float = Field(default=10, gt=0, le=60)
    notification_days: int = Field(default=365, ge=30, le=3650)
    delivery_days: int = Field(default=90, ge=7, le=3650)

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        level = value.upper()
        if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("log_level must be DEBUG, INFO, WARNING or ERROR")
        return level

    @model_validator(mode="after")
    def _production_needs_a_secret(self) -> Settings:
        secret = self.secret_key.get_secret_value()
        if len(secret.encode()) < 32:
            raise ValueError("JIEBANG_SECRET_KEY 至少需要 32 个字节 (at least 32 bytes)")
        if self.env is Environment.PRODUCTION and secret == DEVELOPMENT_SECRET:
            raise ValueError("生产环境必须设置 JIEBANG_SECRET_KEY (production refuses the default secret)")
        if self.vector_backend is VectorBackend.MILVUS and not self.milvus_uri:
            raise ValueError("JIEBANG_VECTOR_BACKEND=milvus 需要 JIEBANG_MILVUS_URI")
        if self.smtp_host and not self.smtp_from:
            raise ValueError("JIEBANG_SMTP_HOST 需要 JIEBANG_SMTP_FROM (the sender's address)")
        if self.smtp_username and self.smtp_security is MailSecurity.NONE and self.is_production:
            raise ValueError("生产环境的邮箱密码不得明文传输 (production sends no SMTP password without TLS)")
        return self

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def mails_links(self) -> bool:
        """Can the service send links to addresses? It needs a mail server and to know its own address."""
        return bool(self.smtp_host and self.public_url)

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
