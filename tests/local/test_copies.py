"""Everything a circle has, copied into files and brought back into empty tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.flows.returning import giving_back
from chalicelib.store import tables as store
from local.tools import copies, export_all, import_all
from local.tools.copies import CopyRefused, Item, Manifest
from tests.people import a_person, signed_in
from tests.shop import ADMIN, Shop
from tests.stories import a_recruiting_term
from tests.world import World

PREFIX = "test"
OURS = ["--tables", PREFIX]


def client() -> Any:
    return boto3.client("dynamodb")


def everything() -> dict[str, list[Item]]:
    """Every row of every table of a copy, in the order of its text."""
    return {
        name: sorted(export_all.rows_of(client(), PREFIX, name), key=_text)
        for name in copies.copied_tables()
    }


def _text(row: Item) -> str:
    return json.dumps(row, sort_keys=True)


def brought_back(folder: Path) -> Manifest:
    manifest = copies.read_copy(folder, store.SCHEMA_VERSION)
    import_all.empty(client(), PREFIX)
    import_all.bring_in(client(), PREFIX, folder, manifest)
    return manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "copy"


@pytest.fixture
def lived(shop: Shop) -> Shop:
    """Money came, a session was held, a part went back, somebody pays later."""
    whole = a_recruiting_term(shop.world)
    shop.pay(shop.offer(whole, "Pip Buttonwood"))
    shop.begin(shop.offer(whole, "Odalys Quince"))
    shop.hear_all()
    shop.hold(whole, 1)
    [first, *_] = shop.roster(whole)
    wish = giving_back.Wish(reason="agreed by phone", amount_minor=3600)
    giving_back.request(shop.world.outside, ADMIN, str(first.obligation_id), wish)
    shop.settle_down()
    return shop


@pytest.fixture
def stocked(world: World) -> World:
    """A circle with a term that recruits: little, for what is not about money."""
    a_recruiting_term(world)
    return world


def copied(world: World, folder: Path) -> Manifest:
    return export_all.export(client(), PREFIX, folder, world.now)


def test_what_was_exported_comes_back_row_by_row_and_the_books_are_proven(
    lived: Shop, folder: Path
) -> None:
    before = everything()
    manifest = copied(lived.world, folder)
    assert {name: table.rows for name, table in manifest.tables.items()} == {
        name: len(rows) for name, rows in before.items()
    }
    brought_back(folder)
    after = everything()
    off = {switch: {"BOOL": False} for switch in ("selling", "refunds", "payouts", "mail")}
    for row in before["circle"]:
        if row["row_kind"] == {"S": "CircleSettings"}:
            row.update(off)
    assert after == {name: sorted(rows, key=_text) for name, rows in before.items()}
    assert import_all.proven() == []


def test_every_table_is_copied_but_sign_ins(stocked: World, folder: Path) -> None:
    signed_in(stocked)
    manifest = copied(stocked, folder)
    assert set(manifest.tables) == set(store.TABLES) - {"access"}
    brought_back(folder)
    assert list(export_all.rows_of(client(), PREFIX, "access")) == []


def test_switches_are_off_before_any_mail_is_there() -> None:
    order = copies.copied_tables()
    assert (order[0], order[-1]) == ("circle", "outbox")


@pytest.mark.parametrize("name", ["groups", "audit", "circle"])
def test_a_byte_that_was_changed_is_refused_by_the_name_of_its_file(
    stocked: World, folder: Path, name: str
) -> None:
    copied(stocked, folder)
    path = folder / f"{name}.ndjson"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    with pytest.raises(CopyRefused, match=rf"^{name}\.ndjson is not as it was written"):
        copies.read_copy(folder, store.SCHEMA_VERSION)


def test_a_file_that_was_cut_off_or_lost_is_refused(stocked: World, folder: Path) -> None:
    copied(stocked, folder)
    path = folder / "groups.ndjson"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(CopyRefused, match=r"groups\.ndjson .* cut off"):
        copies.read_copy(folder, store.SCHEMA_VERSION)
    path.unlink()
    with pytest.raises(CopyRefused, match=r"groups\.ndjson is missing"):
        copies.read_copy(folder, store.SCHEMA_VERSION)
    (folder / copies.MANIFEST).unlink()
    with pytest.raises(CopyRefused, match="half of one"):
        copies.read_copy(folder, store.SCHEMA_VERSION)


def test_a_copy_of_a_newer_program_is_refused(stocked: World, folder: Path) -> None:
    copied(stocked, folder)
    with pytest.raises(CopyRefused, match="newer version"):
        copies.read_copy(folder, store.SCHEMA_VERSION - 1)


def test_tables_with_rows_are_refused_and_stay_as_they_are(stocked: World, folder: Path) -> None:
    manifest = copied(stocked, folder)
    before = everything()
    with pytest.raises(CopyRefused, match="test-circle is not empty"):
        import_all.bring_in(client(), PREFIX, folder, manifest)
    assert everything() == before


def test_a_folder_that_holds_something_is_not_written_over(stocked: World, folder: Path) -> None:
    copied(stocked, folder)
    with pytest.raises(CopyRefused, match="holds something already"):
        copied(stocked, folder)


def test_a_copy_can_be_read_by_its_owner_only(stocked: World, folder: Path) -> None:
    copied(stocked, folder)
    assert folder.stat().st_mode & 0o077 == 0
    assert all(one.stat().st_mode & 0o077 == 0 for one in folder.glob("*.ndjson"))


# The commands


def test_one_command_exports_and_one_imports(
    stocked: World, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export_all.main([*OURS, str(folder)]) == 0
    assert "rows" in capsys.readouterr().out
    assert import_all.main([*OURS, str(folder)]) == 1
    assert "Nothing was imported: test-circle is not empty." in capsys.readouterr().out
    import_all.empty(client(), PREFIX)
    assert import_all.main([*OURS, str(folder)]) == 0
    told = capsys.readouterr().out
    assert "The books are proven." in told
    assert "There is no bucket of exports of test in this account" in told


def test_an_import_erases_again_whoever_was_erased_since(
    stocked: World, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list lies in the deployment's own bucket, beside its exports."""
    person = a_person(stocked, "fern.field@example.org", full_name="Fern Field")
    assert export_all.main([*OURS, str(folder)]) == 0
    bucket = "test-exports-123456789012"
    where = {"LocationConstraint": "eu-west-2"}
    s3 = boto3.client("s3", region_name="eu-west-2")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    line = {"erasure_id": person.person_id, "person_id": person.person_id, "found": []}
    body = json.dumps(line).encode()
    s3.put_object(Bucket=bucket, Key=f"erased/{person.person_id}.json", Body=body)
    import_all.empty(client(), PREFIX)
    assert import_all.main([*OURS, str(folder)]) == 0
    told = capsys.readouterr().out
    assert "1 on the list" in told
    assert "no list was found" not in told
    assert "fern.field" not in json.dumps(everything())
    assert "Fern Field" not in json.dumps(everything())


def test_what_is_there_is_replaced_only_when_its_name_is_typed_again(
    stocked: World, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is exported first, so that nothing is lost by a mistake."""
    assert export_all.main([*OURS, str(folder)]) == 0
    a_person(stocked)
    before = everything()
    assert import_all.main([*OURS, "--replace", "prod", str(folder)]) == 1
    assert "does not repeat" in capsys.readouterr().out
    assert everything() == before
    assert import_all.main([*OURS, "--replace", PREFIX, str(folder)]) == 0
    [kept] = [one for one in folder.parent.iterdir() if "replaced" in one.name]
    assert kept.name.startswith("test-replaced-")
    again = copies.read_copy(kept, store.SCHEMA_VERSION)
    assert again.tables["people"].rows == len(before["people"])
    assert len(everything()["people"]) < len(before["people"])


def test_a_command_without_its_words_says_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (export_all.main([]), import_all.main([])) == (2, 2)
    assert capsys.readouterr().out.count("STAGE=prod") == 2
    assert import_all.main(OURS) == 2
    assert "FROM=exports/" in capsys.readouterr().out


def test_tables_that_are_not_there_are_refused(world: World, folder: Path) -> None:
    with pytest.raises(CopyRefused, match="there is no table nowhere-circle"):
        export_all.export(client(), "nowhere", folder, world.now)
