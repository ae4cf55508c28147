"""`jiebang evaluate`: imports, indexes and matches a small labelled folder, and refuses a broken one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.adaptation.training import TooFewRequirements
from app.config import EncoderRuntime, Settings
from app.evaluation import presenter, scratch
from app.evaluation.folder import DataFolderIncomplete, JudgmentsInvalid
from app.evaluation.scratch import EvaluationImportFailed
from app.evaluation.service import evaluate
from app.indexing.opening import encoder_factory
from matching.ablation import STAGES
from matching.adapt.compare import LEAST_SOURCES
from matching.encode import HashingEncoder
from tests.matching.onnx.conftest import write_model

PAIRS = {
    "R1": ("低噪声行星减速器", "A1", "低噪声行星减速器齿形修形方法"),
    "R2": ("窗帘面料阻燃整理", "A2", "耐久阻燃窗帘面料整理技术"),
    "R3": ("水泵气堵自动排除", "A3", "水泵气堵自动排除装置"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(scratch, "encoder_factory", lambda *_: lambda: HashingEncoder(dimension=64))
    data = tmp_path / "data"
    data.mkdir()
    requirements = [
        {"id": key, "title": title, "description": f"{title}的问题"} for key, (title, _, _) in PAIRS.items()
    ]
    achievements = [{"id": key, "title": title} for _, key, title in PAIRS.values()]
    for name, rows in (("requirements", requirements), ("achievements", achievements)):
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (data / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    judged = [
        f"{key}\t{answer}\t4\n{key}\tA{int(answer[1]) % 3 + 1}\t1" for key, (_, answer, _) in PAIRS.items()
    ]
    (data / "judgments.tsv").write_text(
        "requirement\tachievement\tgrade\n" + "\n".join(judged), encoding="utf-8"
    )
    return data


def test_every_requirement_is_imported_matched_and_measured(settings: Settings, folder: Path) -> None:
    found = evaluate(settings, folder)
    assert (found.measured.requirements, found.measured.achievements) == (3, 3)
    assert {key: ranking[0] for key, ranking in found.measured.rankings.items()} == {
        "R1": "A1",
        "R2": "A2",
        "R3": "A3",
    }
    assert found.measured.quality.ndcg == 1.0
    assert found.measured.quality.mrr == 1.0
    assert found.calibration.quality is not None
    assert found.calibration.quality.pairs == 6
    figures = presenter.plain(found)
    assert (figures["nDCG@10"], figures["recall@50"], figures["MRR"]) == (1.0, 1.0, 1.0)
    assert figures["seconds"] > 0
    assert figures["intervals"]["nDCG@10"] == [1.0, 1.0, 1.0]
    assert sum(group["pairs"] for group in figures["reliability"]) == 6
    assert (figures["cross_validated"], figures["ablation"]) == (None, [])
    json.dumps(figures)


def test_two_databases_with_the_same_content_give_the_same_figures(settings: Settings, folder: Path) -> None:
    first, second = (presenter.plain(evaluate(settings, folder)) for _ in range(2))
    for run in (first, second):
        del run["seconds"], run["seconds_by_step"]
    assert first == second


def test_curves_are_fitted_on_other_requirements_when_folds_are_asked_for(
    settings: Settings, folder: Path
) -> None:
    found = evaluate(settings, folder, folds=3)
    assert found.held_out is not None
    assert found.held_out.quality is not None
    assert found.held_out.quality.pairs == 6
    assert found.held_out.quality != found.calibration.quality
    assert presenter.plain(found)["cross_validated"]["folds"] == 3


def test_the_ablation_has_every_stage_with_its_difference_to_the_whole(
    settings: Settings, folder: Path
) -> None:
    found = evaluate(settings, folder, ablation=True)
    assert [one.stage for one in found.ablation] == list(STAGES)
    for one in found.ablation:
        assert one.quality.ndcg is not None
        assert one.differences["nDCG@10"].value == pytest.approx(one.quality.ndcg - 1.0)
    assert len(presenter.tables(found)) == 2


def test_nothing_of_it_stays_behind(settings: Settings, folder: Path) -> None:
    evaluate(settings, folder)
    assert not (settings.data_dir / "index").exists()


def test_a_missing_file_is_named(settings: Settings, folder: Path) -> None:
    (folder / "judgments.tsv").unlink()
    with pytest.raises(DataFolderIncomplete) as caught:
        evaluate(settings, folder)
    assert "judgments.tsv" in caught.value.detail("zh")


@pytest.mark.parametrize("line", ["R1\tA1", "R1\tA1\t5", "R1 A1 4"])
def test_a_broken_judgment_is_named_by_its_line(line: str, settings: Settings, folder: Path) -> None:
    path = folder / "judgments.tsv"
    path.write_text(f"requirement\tachievement\tgrade\nR1\tA1\t4\n{line}\n", encoding="utf-8")
    with pytest.raises(JudgmentsInvalid) as caught:
        evaluate(settings, folder)
    assert "第 3 行" in caught.value.detail("zh")


def test_a_rejected_row_ends_the_evaluation(settings: Settings, folder: Path) -> None:
    (folder / "achievements.jsonl").write_text('{"id": "A1", "title": ""}', encoding="utf-8")
    with pytest.raises(EvaluationImportFailed):
        evaluate(settings, folder)


def test_a_model_adapted_for_an_evaluation_leaves_the_installation_as_it_was(
    settings: Settings, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "encoder_factory", encoder_factory)
    tiny = write_model(tmp_path / "tiny")
    own = settings.model_copy(update={"model": str(tiny), "encoder": EncoderRuntime.TORCH})
    with pytest.raises(TooFewRequirements):
        evaluate(own, folder, adapt=True)
    lines = [
        {
            "id": f"X{number}",
            "title": f"谐波减速器{number}",
            "description": f"供风系统{number}不均匀需要整理。",
        }
        for number in range(LEAST_SOURCES)
    ]
    with (folder / "requirements.jsonl").open("a", encoding="utf-8") as stream:
        stream.writelines("\n" + json.dumps(line, ensure_ascii=False) for line in lines)
    figures = presenter.plain(evaluate(own, folder, adapt=True))
    assert figures["adaptation"]["held_back"] == 20
    assert figures["model"].startswith("tiny~")
    assert not (settings.data_dir / "models").exists()
