"""A Casemate on this machine as one account sees it: the platform's calls, less the one who acts.

``casemate.client.Client`` has the same calls for one that is served elsewhere: a program that works with
one works with the other. The types are the platform's own methods', so that nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from casemate.platform import Platform

if TYPE_CHECKING:
    from casemate.catalogue import SearchPage

P = ParamSpec("P")
R = TypeVar("R")


class _Of(Generic[P, R]):
    """A call of the platform whose first parameter is the account that acts."""

    def __init__(self, method: Callable[Concatenate[Platform, str, P], R]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, acting: None, owner: type) -> _Of[P, R]: ...
    @overload
    def __get__(self, acting: Acting, owner: type) -> Callable[P, R]: ...

    def __get__(self, acting: Acting | None, owner: type) -> _Of[P, R] | Callable[P, R]:
        if acting is None:
            return self
        return wraps(self._method)(partial(self._method, acting.platform, acting.account))


class _Public(Generic[P, R]):
    """A call of the platform that asks for no account, or takes it by name."""

    def __init__(self, method: Callable[Concatenate[Platform, P], R], *, named: bool) -> None:
        self._method = method
        self._named = named
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, acting: None, owner: type) -> _Public[P, R]: ...
    @overload
    def __get__(self, acting: Acting, owner: type) -> Callable[P, R]: ...

    def __get__(self, acting: Acting | None, owner: type) -> _Public[P, R] | Callable[P, R]:
        if acting is None:
            return self
        bound: Callable[P, R] = partial(self._method, acting.platform)
        if self._named:
            bound = partial(bound, actor=acting.account)  # type: ignore[arg-type]  # mypy takes P to have no `actor`
        return wraps(self._method)(bound)


def _search(platform: Platform, /, text: str, **filters: Any) -> SearchPage:
    return platform.search(text, **filters)


class Acting:
    """One open home and the account that acts. Close it, or use it as a context manager."""

    def __init__(self, platform: Platform, account: str) -> None:
        self.platform = platform
        self.account = account
        platform.whoami(account)  # NotFound now rather than at the first act

    publish = _Of(Platform.publish)
    preview = _Of(Platform.preview)
    retire = _Of(Platform.retire)
    privacy_account = _Of(Platform.privacy_account)
    apply = _Of(Platform.apply)
    draft = _Of(Platform.draft)
    submit = _Of(Platform.submit)
    revise = _Of(Platform.revise)
    form_in_hand = _Of(Platform.form_in_hand)
    missing = _Of(Platform.missing)
    message = _Of(Platform.message)
    withdraw = _Of(Platform.withdraw)
    appeal = _Of(Platform.appeal)
    application = _Of(Platform.application)
    timeline = _Of(Platform.timeline)
    list_applications = _Of(Platform.list_applications)
    inbox = _Of(Platform.inbox)
    preview_plan = _Of(Platform.preview_plan)
    approve = _Of(Platform.approve)
    decide = _Of(Platform.decide)
    permit = _Of(Platform.permit)
    list_permits = _Of(Platform.list_permits)
    revocation_effect = _Of(Platform.revocation_effect)
    revoke = _Of(Platform.revoke)
    renew = _Of(Platform.renew)
    protect = _Of(Platform.protect)
    views = _Of(Platform.views)
    verify_protection = _Of(Platform.verify_protection)
    codebook = _Of(Platform.codebook)
    allow_environments = _Of(Platform.allow_environments)
    expected_error = _Of(Platform.expected_error)
    ask = _Of(Platform.ask)
    privacy_accounts = _Of(Platform.privacy_accounts)
    run = _Of(Platform.run)
    wait = _Of(Platform.wait)
    run_status = _Of(Platform.run_status)
    follow = _Of(Platform.follow)
    save_draft = _Of(Platform.save_draft)
    draft_versions = _Of(Platform.draft_versions)
    program = _Of(Platform.program)
    program_draft = _Of(Platform.program_draft)
    run_draft = _Of(Platform.run_draft)
    list_runs = _Of(Platform.list_runs)
    cancel = _Of(Platform.cancel)
    replay = _Of(Platform.replay)
    environments = _Of(Platform.environments)
    environment = _Of(Platform.environment)
    outputs = _Of(Platform.outputs)
    output = _Of(Platform.output)
    evidence = _Of(Platform.evidence)
    compare_release = _Of(Platform.compare_release)
    queue = _Of(Platform.queue)
    claim = _Of(Platform.claim)
    give_back = _Of(Platform.give_back)
    review = _Of(Platform.review)
    release = _Of(Platform.release)
    unread_releases = _Of(Platform.unread_releases)
    repairs = _Of(Platform.repairs)
    repair = _Of(Platform.repair)
    fetch = _Of(Platform.fetch)
    receipt = _Of(Platform.receipt)
    record_evaluation = _Of(Platform.record_evaluation)
    evaluate_in_place = _Of(Platform.evaluate_in_place)
    name_model = _Of(Platform.name_model)
    models = _Of(Platform.models)
    model_standing = _Of(Platform.model_standing)
    allow_model = _Of(Platform.allow_model)
    evaluations = _Of(Platform.evaluations)
    publish_evaluation = _Of(Platform.publish_evaluation)
    search_algorithms = _Of(Platform.search_algorithms)
    algorithm = _Of(Platform.algorithm)
    algorithm_history = _Of(Platform.algorithm_history)
    record_algorithm = _Of(Platform.record_algorithm)
    revise_algorithm = _Of(Platform.revise_algorithm)
    publish_algorithm = _Of(Platform.publish_algorithm)
    withdraw_algorithm = _Of(Platform.withdraw_algorithm)
    export_algorithm = _Of(Platform.export_algorithm)
    give_feedback = _Public(Platform.give_feedback, named=False)
    feedback_of = _Public(Platform.feedback_of, named=False)
    take_back_feedback = _Public(Platform.take_back_feedback, named=False)
    algorithm_feedback = _Of(Platform.algorithm_feedback)
    waiting_feedback = _Of(Platform.waiting_feedback)
    answer_feedback = _Of(Platform.answer_feedback)
    answer_for_documents = _Of(Platform.answer_for_documents)
    answers_for_documents = _Of(Platform.answers_for_documents)
    make_document = _Of(Platform.make_document)
    check_draft = _Of(Platform.check_draft)
    consolidate = _Of(Platform.consolidate)
    transpose = _Of(Platform.transpose)
    whoami = _Of(Platform.whoami)
    accounts = _Of(Platform.accounts)
    organisations = _Of(Platform.organisations)
    add_organisation = _Of(Platform.add_organisation)
    add_account = _Of(Platform.add_account)
    change_account = _Of(Platform.change_account)
    deactivate_account = _Of(Platform.deactivate_account)
    reactivate_account = _Of(Platform.reactivate_account)
    change_organisation = _Of(Platform.change_organisation)
    health = _Of(Platform.health)
    rotate_keys = _Of(Platform.rotate_keys)
    storage = _Of(Platform.storage)
    jobs = _Of(Platform.jobs)
    list_tokens = _Of(Platform.list_tokens)
    end_token = _Of(Platform.end_token)
    apply_for_sandbox = _Of(Platform.apply_for_sandbox)
    revise_participation = _Of(Platform.revise_participation)
    participation_form = _Of(Platform.participation_form)
    participation_gaps = _Of(Platform.participation_gaps)
    submit_participation = _Of(Platform.submit_participation)
    withdraw_participation = _Of(Platform.withdraw_participation)
    start_participation = _Of(Platform.start_participation)
    attach_evidence = _Of(Platform.attach_evidence)
    report_incident = _Of(Platform.report_incident)
    publish_exit_report = _Of(Platform.publish_exit_report)
    conclude_participation = _Of(Platform.conclude_participation)
    message_participation = _Of(Platform.message_participation)
    participation = _Of(Platform.participation)
    participation_dossier = _Of(Platform.participation_dossier)
    participations = _Of(Platform.participations)
    exit_report = _Of(Platform.exit_report)
    sandbox_inbox = _Of(Platform.sandbox_inbox)
    decide_participation = _Of(Platform.decide_participation)
    admit_participation = _Of(Platform.admit_participation)
    change_sandbox_plan = _Of(Platform.change_sandbox_plan)
    issue_exit_report = _Of(Platform.issue_exit_report)
    translate_text = _Of(Platform.translate_text)
    open_case_file = _Of(Platform.open_case_file)
    case_file = _Of(Platform.case_file)
    case_files = _Of(Platform.case_files)
    describe_case_file = _Of(Platform.describe_case_file)
    pin_provision = _Of(Platform.pin_provision)
    pin_quote = _Of(Platform.pin_quote)
    save_search = _Of(Platform.save_search)
    take_from_case_file = _Of(Platform.take_from_case_file)
    arrange_case_file = _Of(Platform.arrange_case_file)
    delete_case_file = _Of(Platform.delete_case_file)
    share_case_file = _Of(Platform.share_case_file)
    end_case_file_share = _Of(Platform.end_case_file_share)
    case_file_alerts = _Of(Platform.case_file_alerts)
    mark_case_alerts_seen = _Of(Platform.mark_case_alerts_seen)
    my_case_data = _Of(Platform.my_case_data)
    export_case_file = _Of(Platform.export_case_file)

    add_company = _Of(Platform.add_company)
    change_company = _Of(Platform.change_company)
    company = _Of(Platform.company)
    companies = _Of(Platform.companies)
    company_obligations = _Of(Platform.company_obligations)
    note_on_duty = _Of(Platform.note_on_duty)
    export_obligations = _Of(Platform.export_obligations)

    search = _Public(_search, named=False)
    lineage = _Public(Platform.lineage, named=False)
    similar = _Public(Platform.similar, named=False)
    dataset = _Public(Platform.dataset, named=False)
    check_plan = _Public(Platform.check_plan, named=False)
    permit_in_force = _Public(Platform.permit_in_force, named=False)
    verify_permit = _Public(Platform.verify_permit, named=False)
    figures = _Public(Platform.figures, named=False)
    published_evaluations = _Public(Platform.published_evaluations, named=False)
    evaluation = _Public(Platform.evaluation, named=True)
    evaluation_samples = _Public(Platform.evaluation_samples, named=True)
    leaderboard = _Public(Platform.leaderboard, named=False)
    compare_evaluations = _Public(Platform.compare_evaluations, named=True)
    is_up = _Public(Platform.is_up, named=False)
    corpora = _Public(Platform.corpora, named=False)
    works_of_corpus = _Public(Platform.works_of_corpus, named=False)
    versions_in_corpus = _Public(Platform.versions_in_corpus, named=False)
    provision_on = _Public(Platform.provision_on, named=False)
    search_corpus = _Public(Platform.search_corpus, named=False)
    ask_corpus = _Public(Platform.ask_corpus, named=False)
    memory_of_corpus = _Public(Platform.memory_of_corpus, named=False)
    translate_provision = _Public(Platform.translate_provision, named=False)
    terms_of_corpus = _Public(Platform.terms_of_corpus, named=False)
    plain_provision = _Public(Platform.plain_provision, named=False)
    plain_provision_by_model = _Of(Platform.plain_provision_by_model)
    glossary_of_corpus = _Public(Platform.glossary_of_corpus, named=False)
    glossary_of_work = _Public(Platform.glossary_of_work, named=False)
    export_answer = _Public(Platform.export_answer, named=False)
    provision_history = _Public(Platform.provision_history, named=False)
    citations_of = _Public(Platform.citations_of, named=False)
    cited_by = _Public(Platform.cited_by, named=False)
    amendments_of = _Public(Platform.amendments_of, named=False)
    amendments_by = _Public(Platform.amendments_by, named=False)
    citation_graph = _Public(Platform.citation_graph, named=False)
    obligations_of = _Public(Platform.obligations_of, named=False)
    export_obligations_of = _Public(Platform.export_obligations_of, named=False)
    sandbox_publications = _Public(Platform.sandbox_publications, named=True)
    published_exit_report = _Public(Platform.published_exit_report, named=True)
    explore = _Public(Platform.explore, named=True)
    ledger_activity = _Public(Platform.ledger_activity, named=True)
    ledger_entry = _Public(Platform.ledger_entry, named=True)
    verify_ledger = _Public(Platform.verify_ledger, named=True)
    keys = _Public(Platform.keys, named=True)
    checkpoint = _Public(Platform.checkpoint, named=True)
    prove = _Public(Platform.prove, named=True)
    prove_consistency = _Public(Platform.prove_consistency, named=True)
    export_ledger = _Public(Platform.export_ledger, named=True)
    entries = _Public(Platform.entries, named=True)

    def close(self) -> None:
        """Close the home."""
        self.platform.close()

    def __enter__(self) -> Acting:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
