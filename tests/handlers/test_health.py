"""The health door and the headers every answer carries."""

from tests.world import World


def test_the_health_door_answers(world: World) -> None:
    answer = world.browser().get("/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")
    assert "default-src 'none'" in str(answer.header("content-security-policy"))
    assert answer.header("referrer-policy") == "same-origin"
