"""The staff list at work: what the page asks for goes to jobs, what comes back is shown."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QObject

from db.keyring import check_new_password
from shelter.codelists import queries as codelist_queries
from shelter.codelists.queries import CodeRow
from shelter.language import _
from shelter.staff import actions, queries, rules
from shelter.staff.queries import AccountRow
from ui.jobs import Jobs, Trouble
from ui.session.controller import SessionController
from ui.staff.account_view import AccountView
from ui.staff.accounts_page import AccountsPage

TABLES: Final = frozenset({"account", "role_grant"})
_SHEET: Final = {"display_name", "login", "roles", "password"}


class Accounts(QObject):
    """Lives as long as its page."""

    def __init__(self, page: AccountsPage, jobs: Jobs, session: SessionController) -> None:
        super().__init__(page)
        self._page = page
        self._jobs = jobs
        self._session = session
        page.reload_wanted.connect(self.reload)
        page.add_wanted.connect(self.add)
        page.disable_wanted.connect(self.disable)
        page.enable_wanted.connect(self.enable)
        jobs.changed.connect(self._on_changed)

    def begin(self) -> None:
        """Fill the page for the first time."""
        self._jobs.read(
            codelist_queries.entries, owner=self, slot="roles", done=self._show_roles, list_name="user_role"
        )
        self.reload()

    def reload(self) -> None:
        """Fetch the list; an older request is forgotten."""
        self._page.set_loading(True)
        self._jobs.read(queries.accounts, owner=self, slot="list", done=self._show, failed=self._on_fault)

    def add(self, typed: Mapping[str, Any]) -> None:
        """Let a person in."""
        login, password, roles, name = (typed[part] for part in ("login", "password", "roles", "display_name"))
        opening = self._session.opening

        def ready(store: Any) -> dict[str, object]:
            # What can be said at once is said before the key is derived, which takes a second.
            kept = rules.clean_login(login)
            rules.known_roles(roles)
            check_new_password(password, kept)
            return {"credential": opening.credential(uuid.uuid4(), kept, password, store.kdf)}

        self._jobs.write(
            actions.add_account,
            owner=self,
            ready=ready,
            done=lambda _id: self._page.show_notice(_("{name} dapat masuk sekarang.").format(name=name)),
            failed=self._on_refused,
            login=login,
            roles=roles,
            display_name=name,
        )

    def disable(self, account_id: UUID) -> None:
        """Shut a person out for now."""
        said = _("Akun ditutup. Kata sandinya tetap, untuk saat ia kembali.")
        self._change(actions.disable_account, account_id, said)

    def enable(self, account_id: UUID) -> None:
        """Let a person in again."""
        self._change(actions.enable_account, account_id, _("Akun dibuka kembali, dengan kata sandi yang lama."))

    def _change(self, action: Any, account_id: UUID, said: str) -> None:
        done = lambda _nothing: self._page.show_notice(said)  # noqa: E731 - one line
        self._jobs.write(action, owner=self, done=done, failed=self._on_fault, account_id=account_id)

    def _on_changed(self, tables: frozenset[str]) -> None:
        if tables & TABLES:
            self.reload()

    def _show(self, rows: Sequence[AccountRow]) -> None:
        self._page.show_rows(tuple(map(_view, rows)))
        self._page.set_loading(False)

    def _show_roles(self, rows: Sequence[CodeRow]) -> None:
        self._page.set_role_labels({row.code: row.label for row in rows})

    def _on_fault(self, trouble: Trouble) -> None:
        self._page.show_fault(trouble.sentence)

    def _on_refused(self, trouble: Trouble) -> None:
        field = "password" if trouble.kind == "WeakPassword" else trouble.field
        if field in _SHEET:
            self._page.refuse_field(field, trouble.sentence)
        else:
            self._page.show_fault(trouble.sentence)


def _view(row: AccountRow) -> AccountView:
    roles = tuple(role.value for role in row.roles)
    return AccountView(row.id, row.login, row.display_name, roles, "disabled" if row.disabled_at else "active")
