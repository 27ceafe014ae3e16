"""What is done to accounts: people come, change their password, rest, leave; roles are granted, lent and ended.

A credential (the person's slot, and on a server the login's secret) is made ready outside the transaction, because
deriving a key takes a second; here it changes together with the account's row.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from db.keyring import Credential, fold_login
from shelter.faults import NotFound, RuleBroken
from shelter.rights import Permission, Role, needs
from shelter.staff import rules
from shelter.staff.records import Account, CaseloadLoan, Delegation, RoleGrant, StaffIdentity
from shelter.staff.rules import Span
from shelter.work import Work


@needs(Permission.STAFF_ACCOUNT_WRITE)
def add_account(
    work: Work,
    *,
    login: str,
    roles: Iterable[str],
    credential: Credential,
    display_name: str = "",
    full_name: str = "",
    employee_number: str = "",
) -> UUID:
    """Let a new person in with these roles; the account's id.

    Raises:
        RuleBroken: the name is unfit or taken, or a role is unknown.
    """
    name = rules.clean_login(login)
    granted = rules.known_roles(roles)
    key = fold_login(name)
    if work.rows(work.visible(Account, Account.id).where(Account.login_key == key)):
        raise RuleBroken("login_taken", "login", login=name)
    owner = credential.slot.owner
    work.add(Account(
        id=owner, login=name, login_key=key, display_name=display_name.strip() or name, employee_number=employee_number
    ))  # fmt: skip
    work.flush()
    _mark_alone(work)
    work.add(StaffIdentity(account_id=owner, full_name=full_name.strip() or display_name.strip() or name))
    for role in granted:
        work.add(RoleGrant(account_id=owner, role=role.value, from_day=work.today, granted_by=work.me))
    work.flush()
    work.admission.admit(credential, _groups(granted))
    return owner


@needs(Permission.STAFF_ROLE_GRANT)
def grant_roles(work: Work, *, account_id: UUID, roles: Iterable[str]) -> None:
    """Give a person exactly these roles from today on; earlier ones end at once.

    Raises:
        RuleBroken: a role is unknown, or the last head or administrator would go.
    """
    account = _present(work, account_id)
    wanted = rules.known_roles(roles)
    held = {grant.role: grant for grant in _open_grants(work, account_id)}
    for role in rules.FIRST_ROLES:
        if role in held and role not in wanted:
            rules.must_stay_governable({role: _holders(work)[role]}, account_id)
    _mark_alone(work)
    for name, grant in held.items():
        if name not in wanted:
            grant.ended_at = work.now
    for role in wanted:
        if role not in held:
            work.add(RoleGrant(account_id=account_id, role=role.value, from_day=work.today, granted_by=work.me))
    work.flush()
    if account.disabled_at is None:
        work.admission.regroup(account_id, _groups(wanted))


@needs(Permission.STAFF_ACCOUNT_WRITE)
def disable_account(work: Work, *, account_id: UUID) -> None:
    """Shut a person out for now: no sign-in, no keys. The password stays as it was for the day of return.

    Raises:
        RuleBroken: it is oneself, or the last head or administrator.
    """
    account = _other(work, account_id)
    rules.must_stay_governable(_holders(work), account_id)
    if account.disabled_at is None:
        account.disabled_at = work.now
        work.flush()
        work.admission.withhold(account_id)


@needs(Permission.STAFF_ACCOUNT_WRITE)
def enable_account(work: Work, *, account_id: UUID) -> None:
    """Let a person in again who was shut out."""
    account = _present(work, account_id)
    if account.disabled_at is not None:
        account.disabled_at = None
        work.flush()
        work.admission.readmit(account_id)
        work.admission.regroup(account_id, _groups(Role(grant.role) for grant in _open_grants(work, account_id)))


@needs(Permission.STAFF_ACCOUNT_WRITE)
def remove_account(work: Work, *, account_id: UUID) -> None:
    """Shut a person out for good. Roles end, the slot goes, and the keys that person could hold are turned.

    Raises:
        RuleBroken: it is oneself, or the last head or administrator.
    """
    account = _other(work, account_id)
    rules.must_stay_governable(_holders(work), account_id)
    for grant in _open_grants(work, account_id):
        grant.ended_at = work.now
    account.removed_at = work.now
    account.disabled_at = account.disabled_at or work.now
    account.login_key = None
    work.flush()
    work.admission.expel(account_id)


@needs(Permission.STAFF_ACCOUNT_WRITE)
def reset_password(work: Work, *, credential: Credential) -> None:
    """Give somebody a new password and a new key pair: what was sealed to the old pair alone stays closed."""
    account = work.get(Account, credential.slot.owner)
    if account.disabled_at is not None:
        raise RuleBroken("account_disabled", "account")
    work.admission.relock(credential)


@needs(Permission.STAFF_ACCOUNT_READ)
def change_password(work: Work, *, credential: Credential) -> None:
    """Change one's own password; the key pair stays.

    Raises:
        RuleBroken: it is somebody else's.
    """
    if credential.slot.owner != work.me:
        raise RuleBroken("not_own_password", "account")
    work.admission.relock(credential)


@needs(Permission.STAFF_DELEGATION_WRITE)
def delegate(work: Work, *, to_account: UUID, title: str, from_day: date, until_day: date, letter_number: str) -> UUID:
    """Let somebody stand in for the head (*Plh.* or *Plt.*) from a day to a day, by the letter's number.

    Raises:
        RuleBroken: see ``rules.may_stand_in``.
    """
    _present(work, to_account)
    work.exclusive("delegation")
    span = Span(from_day, until_day)
    others = [_span(row) for row in work.entities(Delegation, work.visible(Delegation))]
    rules.may_stand_in(work.me, to_account, span, title=title, letter_number=letter_number, others=others)
    delegation = Delegation(
        from_account=work.me,
        to_account=to_account,
        title=title,
        from_day=from_day,
        until_day=until_day,
        letter_number=letter_number.strip(),
    )
    work.add(delegation)
    work.flush()
    return delegation.id


@needs(Permission.STAFF_DELEGATION_WRITE)
def end_delegation(work: Work, *, delegation_id: UUID) -> None:
    """End a delegation today, before its time."""
    _end(work.get(Delegation, delegation_id), work.today)


@needs(Permission.CASES_ASSIGNMENT_WRITE)
def lend_caseload(
    work: Work, *, lender: UUID, borrower: UUID, from_day: date, until_day: date, reason: str = ""
) -> UUID:
    """Lend one social worker's cases to another for days of leave; the loan's id.

    Raises:
        RuleBroken: see ``rules.may_lend``.
    """
    for account_id in (lender, borrower):
        _present(work, account_id)
    work.exclusive(f"caseload:{lender}")
    loans = work.entities(CaseloadLoan, work.visible(CaseloadLoan).where(CaseloadLoan.lender == lender))
    rules.may_lend(lender, borrower, Span(from_day, until_day), [_span(loan) for loan in loans])
    loan = CaseloadLoan(lender=lender, borrower=borrower, from_day=from_day, until_day=until_day, reason=reason.strip())
    work.add(loan)
    work.flush()
    return loan.id


@needs(Permission.CASES_ASSIGNMENT_WRITE)
def end_loan(work: Work, *, loan_id: UUID) -> None:
    """End a lent case load today, before its time."""
    _end(work.get(CaseloadLoan, loan_id), work.today)


def _span(row: Delegation | CaseloadLoan) -> Span:
    """The days a delegation or loan really covers: the day it was ended early is no longer one of them."""
    last = row.until_day if row.ended_on is None else min(row.until_day, row.ended_on - timedelta(days=1))
    return Span(row.from_day, last)


def _end(row: Delegation | CaseloadLoan, day: date) -> None:
    """End it on this day; what had ended before stays as it was, since it tells who was whom on which day."""
    if row.ended_on is None and row.until_day >= day:
        row.ended_on = day


def _other(work: Work, account_id: UUID) -> Account:
    if account_id == work.me:
        raise RuleBroken("own_account", "account")
    return _present(work, account_id)


def _present(work: Work, account_id: UUID) -> Account:
    """An account that was not removed."""
    account = work.get(Account, account_id)
    if account.removed_at is not None:
        raise NotFound("account")
    return account


def _open_grants(work: Work, account_id: UUID) -> list[RoleGrant]:
    grants = work.visible(RoleGrant).where(RoleGrant.account_id == account_id, RoleGrant.ended_at.is_(None))
    return [
        grant for grant in work.entities(RoleGrant, grants) if grant.until_day is None or grant.until_day >= work.today
    ]


def _holders(work: Work) -> dict[Role, list[UUID]]:
    may_sign_in = (Account.disabled_at.is_(None), Account.removed_at.is_(None), RoleGrant.ended_at.is_(None))
    grants = work.visible(RoleGrant, RoleGrant.role, RoleGrant.account_id, RoleGrant.from_day, RoleGrant.until_day)
    holders: dict[Role, list[UUID]] = defaultdict(list)
    for row in work.rows(grants.join(Account).where(*may_sign_in)):
        if Span(row.from_day, row.until_day).covers(work.today):
            holders[Role(row.role)].append(row.account_id)
    return holders


def _groups(roles: Iterable[Role]) -> list[str]:
    return [role.value.lower() for role in roles]


def _mark_alone(work: Work) -> None:
    """Granting a role is for two people; while nobody else could be the second, the entry says so.

    Asked before the grant: whoever it lets in was no second yet.
    """
    holders = _holders(work)
    if {account for role in (Role.KEPALA, Role.ADMIN) for account in holders.get(role, ())} <= {work.me}:
        work.alone()
