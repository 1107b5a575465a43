"""Every page there is, as it is looked at in a real browser. No test.

By axe, in both themes and all languages, and for the screenshots in ``docs/``. Whoever adds a page adds a
line: a name, who looks (``None``: a visitor), and its address without the language. ``{dataset}`` and the
like are records of ``browser_world``: dataset (the clinic), open_dataset, draft (an application not handed
in), application (handed in, undecided), returned (given back), refused, permit (in force), revoked, run
(done), held (an output that waits for a checker), released, stopped (an output that was refused); and
documented (an entry of the register), evaluation and other_evaluation (published, of language models),
invitation (of the outsider), begun (a one-time password that the researcher is about to set up), sandbox
(handed in), sandbox_draft, sandbox_running, sandbox_reported, algorithm (published, asked about), case (a
case file of the researcher's, with an alert), company (a profile of the researcher's organisation).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """One page. ``pictured``: a screenshot of it lies in docs/."""

    name: str
    who: str | None
    path: str
    pictured: bool = True


PAGES = (
    Shown("home", None, ""),
    Shown("sign-in", None, "/sign-in", pictured=False),
    Shown("invitation", None, "/invitation/{invitation}"),
    Shown("my-account", "acct-researcher", "/account"),
    Shown("my-password", "acct-researcher", "/account/password", pictured=False),
    Shown("my-one-time-password", "acct-researcher", "/account/one-time-password?begun={begun}"),
    Shown("my-new-passkey", "acct-researcher", "/account/passkeys/new", pictured=False),
    Shown("catalogue", None, "/catalogue"),
    Shown("catalogue-narrowed", None, "/catalogue?q=clinic&theme=HEAL", pictured=False),
    Shown("catalogue-nothing", None, "/catalogue?q=nothing+such", pictured=False),
    Shown("dataset", None, "/catalogue/{dataset}"),
    Shown("dataset-variable", None, "/catalogue/{dataset}?look=sex", pictured=False),
    Shown("dataset-open", "acct-researcher", "/catalogue/{open_dataset}"),
    Shown("publishing", "acct-holder", "/publishing"),
    Shown("publishing-file", "acct-holder", "/publishing/new"),
    Shown("publishing-version", "acct-holder", "/publishing/new?dataset={dataset}", pictured=False),
    Shown("publishing-withdraw", "acct-holder", "/publishing/datasets/{dataset}/withdraw"),
    Shown("design", None, "/design"),
    Shown("applications", "acct-researcher", "/applications"),
    Shown(
        "new-application", "acct-researcher", "/applications/new?dataset={dataset}", pictured=False
    ),
    Shown("application-form", "acct-researcher", "/applications/{draft}/form"),
    Shown(
        "application-project",
        "acct-researcher",
        "/applications/{draft}/form/project",
        pictured=False,
    ),
    Shown("application-data", "acct-researcher", "/applications/{draft}/form/data"),
    Shown(
        "application-purpose",
        "acct-researcher",
        "/applications/{draft}/form/purpose",
        pictured=False,
    ),
    Shown(
        "application-basis", "acct-researcher", "/applications/{draft}/form/basis", pictured=False
    ),
    Shown("application-work", "acct-researcher", "/applications/{draft}/form/work", pictured=False),
    Shown(
        "application-outputs",
        "acct-researcher",
        "/applications/{draft}/form/outputs",
        pictured=False,
    ),
    Shown(
        "application-safeguards",
        "acct-researcher",
        "/applications/{draft}/form/safeguards",
        pictured=False,
    ),
    Shown("application-check", "acct-researcher", "/applications/{draft}/check"),
    Shown("application", "acct-researcher", "/applications/{application}"),
    Shown("application-returned", "acct-researcher", "/applications/{returned}", pictured=False),
    Shown("application-refused", "acct-researcher", "/applications/{refused}", pictured=False),
    Shown("desk", "acct-authority", "/desk"),
    Shown("desk-application", "acct-authority", "/desk/applications/{application}"),
    Shown("desk-decided", "acct-authority", "/desk/applications/{refused}", pictured=False),
    Shown("desk-permits", "acct-authority", "/desk/permits"),
    Shown("desk-permit", "acct-authority", "/desk/permits/{permit}"),
    Shown("desk-revoke", "acct-authority", "/desk/permits/{permit}/revoke"),
    Shown("desk-revoked", "acct-authority", "/desk/permits/{revoked}", pictured=False),
    Shown("sandbox", None, "/sandbox"),
    Shown("sandbox-desk", "acct-authority", "/sandbox"),
    Shown("sandbox-new", "acct-researcher", "/sandbox/new", pictured=False),
    Shown("sandbox-form", "acct-researcher", "/sandbox/{sandbox_draft}/form", pictured=False),
    Shown("sandbox-tests", "acct-researcher", "/sandbox/{sandbox_draft}/form/tests"),
    Shown("sandbox-data", "acct-researcher", "/sandbox/{sandbox_draft}/form/data", pictured=False),
    Shown("sandbox-real", "acct-researcher", "/sandbox/{sandbox_draft}/form/real", pictured=False),
    Shown("sandbox-running", "acct-researcher", "/sandbox/{sandbox_running}"),
    Shown("sandbox-decision", "acct-authority", "/sandbox/{sandbox}"),
    Shown("sandbox-report", "acct-researcher", "/sandbox/{sandbox_reported}/report"),
    Shown("documents", "acct-researcher", "/register/algorithms/{documented}/documents"),
    Shown(
        "documents-answers", "acct-researcher", "/register/algorithms/{documented}/documents/fria"
    ),
    Shown("sandbox-published", None, "/sandbox/published/{sandbox_reported}", pictured=False),
    Shown("workspace", "acct-researcher", "/workspace"),
    Shown("permit", "acct-researcher", "/workspace/permits/{permit}"),
    Shown("permit-revoked", "acct-researcher", "/workspace/permits/{revoked}", pictured=False),
    Shown("question", "acct-researcher", "/workspace/permits/{permit}/question"),
    Shown("program", "acct-researcher", "/workspace/permits/{permit}/program"),
    Shown("run", "acct-researcher", "/workspace/runs/{run}"),
    Shown("run-program", "acct-researcher", "/workspace/runs/{run}/program", pictured=False),
    Shown("repairs", "acct-researcher", "/workspace/outputs/{stopped}/repairs"),
    Shown("output-desk", "acct-checker", "/outputs"),
    Shown("output", "acct-checker", "/outputs/{held}"),
    Shown("output-stopped", "acct-checker", "/outputs/{stopped}", pictured=False),
    Shown("output-comparison", "acct-checker", "/outputs/{held}/comparison"),
    Shown("law", None, "/law"),
    Shown("law-ask", None, "/law/ask?corpus=law&question=taxe+annuelle+chiens&on=2024-06-01"),
    Shown(
        "law-refused", None, "/law/ask?corpus=law&question=passeport&on=2024-06-01", pictured=False
    ),
    Shown("law-conversation", None, "/law/conversation?corpus=law"),
    Shown("law-obligations", None, "/law/obligations?corpus=law"),
    Shown("law-companies", "acct-researcher", "/law/companies?corpus=rules"),
    Shown("law-company", "acct-researcher", "/law/companies/{company}?corpus=rules&on=2026-03-01"),
    Shown("law-work", None, "/law/work?corpus=law&work=loi-2020-01-15-n1&language=fr"),
    Shown(
        "law-provision",
        None,
        "/law/provision?corpus=law&work=loi-2020-01-15-n1&key=art_2&on=2024-06-01&since=2021-01-01&beside=de",
    ),
    Shown(
        "law-translation",
        None,
        "/law/translation?corpus=law&work=loi-2020-01-15-n1&key=art_2&source=fr&target=de&on=2024-06-01",
    ),
    Shown(
        "law-translation-none",
        None,
        "/law/translation?corpus=law&work=loi-2020-01-15-n1&key=art_1&source=fr&target=en&on=2024-06-01",
        pictured=False,
    ),
    Shown("law-terms", None, "/law/terms?corpus=law&source=fr&target=de"),
    Shown("law-translate-text", "acct-researcher", "/law/translate?corpus=law"),
    Shown("law-citations", None, "/law/citations?corpus=law&work=loi-2020-01-15-n1&key=art_2"),
    Shown(
        "law-redline",
        None,
        "/law/provision?corpus=law&work=loi-2020-01-15-n1&key=art_2&on=2024-06-01&since=2021-01-01&view=beside",
        pictured=False,
    ),
    Shown("law-draft-check", "acct-researcher", "/law/draft/check?corpus=law"),
    Shown("law-draft-consolidate", "acct-researcher", "/law/draft/consolidate?corpus=law"),
    Shown("law-draft-transpose", "acct-researcher", "/law/draft/transpose?corpus=law"),
    Shown("law-cases", "acct-researcher", "/law/cases"),
    Shown("law-case", "acct-researcher", "/law/cases/{case}"),
    Shown("law-case-alerts", "acct-researcher", "/law/cases/{case}/alerts"),
    Shown("law-case-delete", "acct-researcher", "/law/cases/{case}/delete", pictured=False),
    Shown(
        "law-case-pin",
        "acct-researcher",
        "/law/cases/pin?corpus=law&work=loi-2020-01-15-n1&key=art_2&language=fr&on=2024-06-01",
        pictured=False,
    ),
    Shown(
        "law-plain",
        None,
        "/law/plain?corpus=law&work=loi-2020-01-15-n1&key=art_2&language=fr&on=2024-06-01&beside=de",
    ),
    Shown("law-glossary", None, "/law/glossary?corpus=law&work=loi-2020-01-15-n1&language=fr"),
    Shown("register", None, "/register"),
    Shown("register-narrowed", None, "/register?q=sort&status=in_use", pictured=False),
    Shown("register-nothing", None, "/register?q=nothing+such", pictured=False),
    Shown("algorithm", None, "/register/algorithms/{algorithm}"),
    Shown("algorithm-kept", "acct-researcher", "/register/algorithms/{algorithm}", pictured=False),
    Shown("algorithm-history", None, "/register/algorithms/{algorithm}/history"),
    Shown(
        "algorithm-completeness", None, "/register/algorithms/{algorithm}/completeness?standard=NL"
    ),
    Shown("algorithm-feedback", None, "/register/algorithms/{algorithm}/feedback"),
    Shown("algorithm-message", None, "/register/message", pictured=False),
    Shown("algorithms-own", "acct-researcher", "/register/own"),
    Shown("algorithm-new", "acct-researcher", "/register/new", pictured=False),
    Shown("algorithm-about", "acct-researcher", "/register/algorithms/{algorithm}/edit/about"),
    Shown(
        "algorithm-class",
        "acct-researcher",
        "/register/algorithms/{algorithm}/edit/class?language=fr",
        pictured=False,
    ),
    Shown(
        "algorithm-publish",
        "acct-researcher",
        "/register/algorithms/{algorithm}/publish",
        pictured=False,
    ),
    Shown("algorithm-said", "acct-researcher", "/register/algorithms/{algorithm}/said"),
    Shown("classify", "acct-researcher", "/register/classify?algorithm={algorithm}"),
    Shown("ledger", None, "/ledger"),
    Shown("ledger-entry", None, "/ledger/entries/3"),
    Shown("ledger-checkpoints", None, "/ledger/checkpoints"),
    Shown("observatory", None, "/observatory"),
    Shown("observatory-method", None, "/observatory/method", pictured=False),
    Shown("observatory-evaluation", None, "/observatory/evaluations/{evaluation}"),
    Shown("observatory-answers", None, "/observatory/evaluations/{evaluation}/answers"),
    Shown(
        "observatory-comparison",
        None,
        "/observatory/comparison?first={evaluation}&second={other_evaluation}",
    ),
    Shown("observatory-history", None, "/observatory/history?model=biased", pictured=False),
    Shown("administration", "acct-operator", "/administration"),
    Shown("account", "acct-operator", "/administration/accounts/acct-holder"),
    Shown("account-new", "acct-operator", "/administration/accounts/new", pictured=False),
    Shown("organisations", "acct-operator", "/administration/organisations"),
    Shown(
        "organisation", "acct-operator", "/administration/organisations/org-clinic", pictured=False
    ),
    Shown("keys", "acct-operator", "/administration/keys"),
    Shown("rotate", "acct-operator", "/administration/keys/rotate", pictured=False),
    Shown("health", "acct-operator", "/administration/health"),
    Shown("storage", "acct-operator", "/administration/storage"),
    Shown("not-found", None, "/nowhere", pictured=False),
)
