"""The ground and the first rooms: audit, keys, accounts, code lists, the home."""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

from db.types import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
CHANGED_COUNTS: Mapping[str, int] = {}

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("login_key", sa.String(length=80), nullable=True),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("employee_number", sa.String(length=40), nullable=False),
        sa.Column("disabled_at", UtcTime(), nullable=True),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login_key", name=op.f("uq_account_login_key")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("mono", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=36), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(length=40), nullable=False),
        sa.Column("key_no", sa.Integer(), nullable=False),
        sa.Column("image_hash", sa.LargeBinary(), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_row_key"), "audit_entry", ["row_key"], unique=False)
    op.create_table(
        "audit_image",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_image")),
    )
    op.create_table(
        "audit_secret",
        sa.Column("key_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("inner_pad", sa.LargeBinary(), nullable=False),
        sa.Column("outer_pad", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key_no", name=op.f("pk_audit_secret")),
    )
    op.create_table(
        "code_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_name", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("label_id", sa.String(length=300), nullable=False),
        sa.Column("label_en", sa.String(length=300), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("NOT (own AND locked)", name=op.f("ck_code_entry_own_unlocked")),
        sa.CheckConstraint(
            "locked = (list_name = 'tppo_cara' OR list_name = 'tppo_proses' OR list_name = 'tppo_tujuan')",
            name=op.f("ck_code_entry_statutory"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_entry")),
        sa.UniqueConstraint("list_name", "code", name=op.f("uq_code_entry_list_name_code")),
    )
    op.create_table(
        "home_identity",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("started_on", UtcTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_home_identity_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home_identity")),
    )
    op.create_table(
        "image_key",
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("house_no", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_image_key")),
    )
    op.create_table(
        "key_recovery",
        sa.Column("owner", sa.String(length=36), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_key_recovery")),
    )
    op.create_table(
        "key_sealed",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=36), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", "owner", name=op.f("pk_key_sealed")),
    )
    op.create_table(
        "key_slot",
        sa.Column("owner", sa.String(length=36), nullable=False),
        sa.Column("tag", sa.String(length=32), nullable=False),
        sa.Column("login_role", sa.String(length=63), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("memory", sa.Integer(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_key_slot")),
        sa.UniqueConstraint("login_role", name=op.f("uq_key_slot_login_role")),
        sa.UniqueConstraint("tag", name=op.f("uq_key_slot_tag")),
    )
    op.create_table(
        "letterhead",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_letterhead")),
    )
    op.create_table(
        "number_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("type_code", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_series")),
        sa.UniqueConstraint("kind", "type_code", "year", name=op.f("uq_number_series_kind_type_code_year")),
    )
    op.create_table(
        "sealed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_table", sa.String(length=63), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("field", sa.String(length=63), nullable=False),
        sa.Column("key_id", sa.String(length=60), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed")),
        sa.UniqueConstraint("owner_table", "owner_id", "field", name=op.f("uq_sealed_owner_table_owner_id_field")),
    )
    op.create_table(
        "setting_value",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting_value")),
    )
    op.create_table(
        "store_meta",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.String(length=36), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_store_meta_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_meta")),
    )
    op.create_table(
        "caseload_loan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lender", sa.Uuid(), nullable=False),
        sa.Column("borrower", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("until_day >= from_day", name=op.f("ck_caseload_loan_days")),
        sa.ForeignKeyConstraint(["borrower"], ["account.id"], name=op.f("fk_caseload_loan_borrower")),
        sa.ForeignKeyConstraint(["lender"], ["account.id"], name=op.f("fk_caseload_loan_lender")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caseload_loan")),
    )
    op.create_index(op.f("ix_caseload_loan_borrower"), "caseload_loan", ["borrower"], unique=False)
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_account", sa.Uuid(), nullable=False),
        sa.Column("to_account", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=4), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("letter_number", sa.String(length=80), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("until_day >= from_day", name=op.f("ck_delegation_days")),
        sa.ForeignKeyConstraint(["from_account"], ["account.id"], name=op.f("fk_delegation_from_account")),
        sa.ForeignKeyConstraint(["to_account"], ["account.id"], name=op.f("fk_delegation_to_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_to_account"), "delegation", ["to_account"], unique=False)
    op.create_table(
        "number_issued",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=80), nullable=False),
        sa.Column("issued_at", UtcTime(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["number_series.id"], name=op.f("fk_number_issued_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_issued")),
        sa.UniqueConstraint("series_id", "seq", name=op.f("uq_number_issued_series_id_seq")),
        sa.UniqueConstraint("text", name=op.f("uq_number_issued_text")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("until_day IS NULL OR until_day >= from_day", name=op.f("ck_role_grant_days")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_role_grant_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_account_id"), "role_grant", ["account_id"], unique=False)
    op.create_table(
        "staff_identity",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("full_name", sa.String(length=160), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_staff_identity_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_staff_identity")),
    )


def downgrade() -> None:
    op.drop_table("staff_identity")
    op.drop_index(op.f("ix_role_grant_account_id"), table_name="role_grant")
    op.drop_table("role_grant")
    op.drop_table("number_issued")
    op.drop_index(op.f("ix_delegation_to_account"), table_name="delegation")
    op.drop_table("delegation")
    op.drop_index(op.f("ix_caseload_loan_borrower"), table_name="caseload_loan")
    op.drop_table("caseload_loan")
    op.drop_table("store_meta")
    op.drop_table("setting_value")
    op.drop_table("sealed")
    op.drop_table("number_series")
    op.drop_table("letterhead")
    op.drop_table("key_slot")
    op.drop_table("key_sealed")
    op.drop_table("key_recovery")
    op.drop_table("image_key")
    op.drop_table("home_identity")
    op.drop_table("code_entry")
    op.drop_table("audit_secret")
    op.drop_table("audit_image")
    op.drop_index(op.f("ix_audit_entry_row_key"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_table("account")
