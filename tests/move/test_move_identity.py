"""For arbitrary files with planted keys: move then undo is the identity, and after the move no sweep finds the key."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.move import movelab
from tests.move.movelab import ID, OTHER_ID, OTHER_SECRET, SECRET, MoveLab

LINES = st.sampled_from([
    "", "# a comment", "; another", "region = eu-west-1", "  indented = 1", "s3 =\n  max_queue_size = 10",
    "output=json",
    f"# old {SECRET}", f"#aws_access_key_id = {ID}", "cli_pager =", "x=ü", "\tx = y", "aws_account = 1",
])  # fmt: skip
KEY = st.sampled_from([
    f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}",
    f"aws_secret_access_key={SECRET}\nregion=x\naws_access_key_id={ID}",
    f"aws_access_key_id={ID}\n# between\naws_secret_access_key={SECRET}",
    f"AWS_ACCESS_KEY_ID = {ID}\nAWS_SECRET_ACCESS_KEY = {SECRET}",
])  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A credentials file with the key in one section, and perhaps another key in another."""
    around = st.lists(LINES, max_size=3)
    name = draw(st.sampled_from(["default", "dev", "profile x", "a b"]))
    parts = [*draw(around), f"[{name}]", *draw(around), draw(KEY), *draw(around)]
    if draw(st.booleans()):
        parts += ["[other]", f"aws_access_key_id = {OTHER_ID}", f"aws_secret_access_key = {OTHER_SECRET}"]
    text = "\n".join(parts) + draw(st.sampled_from(["", "\n", "\n\n"]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    bom = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"]))
    return bom + text.encode(draw(st.sampled_from(["utf-8", "latin-1"])))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A home with a vault, in which this process lives for the module's time."""
    kept = dict(os.environ)
    argv = movelab.sys.argv[0]
    home = tmp_path_factory.mktemp("identity") / "home"
    home.mkdir(mode=0o700)
    movelab.be_one_home(home)
    made = MoveLab(home)
    made.prepare()
    yield made
    os.environ.clear()
    os.environ.update(kept)
    movelab.sys.argv[0] = argv
    del movelab.sys.modules["botocore"]


@example(
    content=f"#aws_access_key_id = {ID}\n[default]\n\n# old {SECRET}\naws_access_key_id = {ID}\n"
    f"aws_secret_access_key = {SECRET}\n#aws_access_key_id = {ID}".encode(),
    mode=0o600,
)
@given(content=files(), mode=st.sampled_from([0o600, 0o640, 0o644]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_move_then_undo_is_the_identity(lab: MoveLab, content: bytes, mode: int) -> None:
    lab.place.write_bytes(content)
    lab.place.chmod(mode)
    before = lab.place.stat()
    lab.move()
    moved = lab.place.read_bytes()
    assert SECRET.encode() not in moved
    assert ID.encode() not in moved
    assert lab.findings() == []
    assert (OTHER_SECRET.encode() in moved) is (OTHER_SECRET.encode() in content)
    lab.undo()
    after = lab.place.stat()
    assert lab.place.read_bytes() == content
    assert (after.st_uid, after.st_gid, after.st_mtime_ns) == (before.st_uid, before.st_gid, before.st_mtime_ns)
    assert stat.S_IMODE(after.st_mode) == mode
    assert os.listdir(lab.place.parent) == [lab.place.name]
