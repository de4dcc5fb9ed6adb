"""The package's descriptions of AWS know what the policies allow, whole, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.session import Session

from local.tools import descriptions

DATA = Path(botocore.__file__).parent / "data"
ALLOWED = {
    "dynamodb": {"GetItem", "PutItem", "TransactWriteItems"},
    "s3": {"PutObject", "GetObject"},
    "sesv2": {"SendEmail"},
    "sqs": {"GetQueueAttributes", "SendMessage"},
    "ssm": {"GetParameter"},
}


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    for name in ALLOWED:
        shutil.copytree(DATA / name, data / name)
    for path in DATA.glob("*.json*"):
        shutil.copy(path, data)
    descriptions.cut(data, ALLOWED)
    return data


def client(data: Path, service: str) -> Any:
    session = Session()
    session.register_component(
        "data_loader", Loader([str(data)], include_default_search_paths=False)
    )
    return session.create_client(
        service, "eu-west-2", aws_access_key_id="invented", aws_secret_access_key="invented"
    )


@pytest.mark.parametrize("service", ALLOWED)
def test_a_client_knows_the_calls_that_are_allowed_and_no_others(
    trimmed: Path, service: str
) -> None:
    assert set(client(trimmed, service).meta.service_model.operation_names) == ALLOWED[service]


@pytest.mark.parametrize("service", ALLOWED)
def test_every_shape_of_a_call_is_still_described(trimmed: Path, service: str) -> None:
    """Asking for all members of input, output and errors resolves every shape they point to."""
    whole = client(DATA, service).meta.service_model
    cut = client(trimmed, service).meta.service_model
    for name in ALLOWED[service]:
        ours, theirs = cut.operation_model(name), whole.operation_model(name)
        for part in ("input_shape", "output_shape"):
            assert spelled(getattr(ours, part)) == spelled(getattr(theirs, part)), name
        assert {one.name for one in ours.error_shapes} == {one.name for one in theirs.error_shapes}


def spelled(shape: Any, above: tuple[str, ...] = ()) -> Any:
    """A shape with everything in it, as plain data; one that holds itself ends there."""
    if shape is None or shape.name in above:
        return shape and shape.name
    deeper = (*above, shape.name)
    members = {name: spelled(one, deeper) for name, one in getattr(shape, "members", {}).items()}
    inner = [getattr(shape, name, None) for name in ("member", "key", "value")]
    listed = [spelled(one, deeper) for one in inner if hasattr(one, "type_name")]
    return [shape.name, shape.type_name, shape.serialization, members, listed]


def test_addresses_of_regions_are_still_known(trimmed: Path) -> None:
    assert client(trimmed, "sqs").meta.endpoint_url == "https://sqs.eu-west-2.amazonaws.com"
    assert client(trimmed, "ssm").meta.endpoint_url == "https://ssm.eu-west-2.amazonaws.com"
    assert client(trimmed, "sesv2").meta.endpoint_url == "https://email.eu-west-2.amazonaws.com"


def test_a_presigned_link_still_names_its_region(trimmed: Path) -> None:
    asked = {"Bucket": "exports", "Key": "roster.csv"}
    assert "roster.csv?X-Amz-" in client(trimmed, "s3").generate_presigned_url("get_object", asked)


def test_what_the_policies_allow_is_found_with_what_goes_by_the_same_right(tmp_path: Path) -> None:
    statement = {"Action": ["dynamodb:PutItem", "s3:PutObject", "logs:PutLogEvents"]}
    policy = json.dumps({"Statement": [statement, {"Action": "ses:SendEmail"}]})
    (tmp_path / "policy-x.json").write_text(policy, "utf-8")
    found = descriptions.allowed(tmp_path)
    assert found["dynamodb"] == {"PutItem", "TransactWriteItems"}
    assert "UploadPart" in found["s3"]
    assert found["sesv2"] == {"SendEmail"}
    assert found["ssm"] == set()
