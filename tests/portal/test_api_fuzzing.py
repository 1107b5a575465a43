"""schemathesis over the whole API, as every role and as nobody: no 5xx, nothing but what is described."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portal_world import Portal, served
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

ROLES = (
    None,
    "acct-operator",
    "acct-holder",
    "acct-researcher",
    "acct-authority",
    "acct-checker",
    "acct-auditor",
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 10
"""Of each operation, each as one of the roles: that each role is held to what it may is the matrix's."""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("fuzz"), works=False) as portal:
        portal.publish()
        portal.permit()
        yield portal


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_request_breaks_the_api(portal: Portal) -> None:
    api = schemathesis.openapi.from_asgi("/api/v1/openapi.json", portal.client.app)
    operations = [found.ok() for found in api.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 60
    broken = []
    for operation in operations:

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(), role=st.sampled_from(ROLES))
        def send(case: schemathesis.Case[Any], role: str | None) -> None:
            headers = {} if role is None else {"Authorization": f"Bearer {portal.tokens[role]}"}
            case.call_and_validate(headers=headers, checks=CHECKS)

        try:
            send()
        except (Exception, BaseExceptionGroup) as failure:
            broken.append(f"{operation.label}: {failure}")
    assert not broken, "\n".join(broken)
