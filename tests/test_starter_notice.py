import shutil
from pathlib import Path

from tests.starter_glyphs import PACKAGES
from train.starter.notice import compose_notice


def test_notice_holds_both_licences_whole(tmp_path: Path) -> None:
    shutil.copytree(PACKAGES, tmp_path / "node_modules")
    notice = compose_notice(tmp_path)
    for name in ("@phosphor-icons/core", "lucide-static"):
        assert (PACKAGES / name / "LICENSE").read_text().strip() in notice
        assert f"\n{name} " in notice
