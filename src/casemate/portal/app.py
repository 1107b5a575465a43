"""The application that ``casemate serve`` runs: the API, its description, the catalogue for harvesters."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool

from casemate.platform import Platform
from casemate.portal import harvest, pages, problems
from casemate.portal.api import (
    accounts,
    applications,
    case_files,
    catalogue,
    corpora,
    corpora_answers,
    corpora_citing,
    corpora_drafting,
    corpora_obligations,
    corpora_plain,
    corpora_translation,
    environments,
    evaluations,
    house,
    ledger,
    models,
    observatory,
    outputs,
    papers,
    permits,
    register,
    runs,
    sandboxes,
)
from casemate.portal.doors import Doors
from casemate.portal.examples import add_examples
from casemate.portal.problems import Problem
from casemate.portal.uploads import Uploads

API = "/api/v1"
_TAGS = [
    {"name": "catalogue", "description": "Datasets: find, publish, retire."},
    {"name": "applications", "description": "Access applications: apply, follow, decide."},
    {"name": "permits", "description": "What was granted, and its end."},
    {"name": "runs", "description": "Programs in the enclave."},
    {"name": "outputs", "description": "What came out, and what may leave."},
    {"name": "assurance", "description": "Evaluations of models, as evidence."},
    {"name": "register", "description": "AI systems and algorithms, and the AI Act."},
    {
        "name": "sandbox",
        "description": "The regulatory sandbox: apply, try, look on, report.",
    },
    {"name": "ledger", "description": "The record of every act, open to anyone."},
    {"name": "accounts", "description": "People, organisations, access tokens."},
    {"name": "house", "description": "How this home does, and its figures."},
]

_PARTS = (
    catalogue, applications, permits, runs, environments, outputs, evaluations, models, observatory,
    register, papers, sandboxes, corpora, corpora_answers, corpora_citing, corpora_drafting, corpora_plain,
    corpora_translation, case_files, corpora_obligations,
    ledger, accounts, house,
)  # fmt: skip


def create_app(platform: Platform, *, requests_a_minute: int = 600, works: bool = True) -> FastAPI:
    """The application that serves ``platform``, which the caller opens and closes.

    ``works``: this process also does the runs, if no other of its home does.
    """
    app = FastAPI(
        title="Casemate",
        summary="Permits, protection, sealed runs, checked outputs, one ledger.",
        version=version("casemate"),
        openapi_url=f"{API}/openapi.json",
        openapi_tags=_TAGS,
        docs_url=None,  # both pages that the framework offers load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # it would send people to whatever host the request names
        lifespan=_lifespan(platform, works=works),
        responses=problems.describe(400, 401, 403, 413, 429),
    )
    app.state.platform = platform
    app.state.is_ending = False
    app.state.under_way = {}  # answers that are being written, to be stopped by name
    app.state.replies = platform.replies()
    app.state.uploads = Uploads(platform.home.root / "uploads")
    problems.install(app)
    api = APIRouter(prefix=API)
    for part in _PARTS:
        api.include_router(part.router)
    api.include_router(catalogue.uploads)
    api.include_router(register.feedbacks)
    api.include_router(register.law)
    api.include_router(case_files.answers)
    api.include_router(corpora_obligations.companies)
    app.include_router(api)
    app.include_router(harvest.router)
    pages.install(app)
    app.add_middleware(Doors, requests_a_minute=requests_a_minute)
    _describe_problems(app)
    return app


def _lifespan(
    platform: Platform, *, works: bool
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if works:
            await run_in_threadpool(platform.work)
        yield

    return lifespan


def _describe_problems(app: FastAPI) -> None:
    """Put ``Problem`` among the schemas, in place of the framework's own description of errors, and the
    recorded examples beside them."""
    describe = app.openapi

    def openapi() -> dict[str, object]:
        document = describe()
        schemas = document["components"]["schemas"]
        schemas["Problem"] = Problem.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        add_examples(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
