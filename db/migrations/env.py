"""Alembic's way in. The connection is handed over by ``db.upgrade``, which also keeps the rules of a safe migration."""

from alembic import context

from db.upgrade import load_tables

_connection = context.config.attributes.get("connection")
if _connection is None:
    raise SystemExit("Migrations run through the program: db.upgrade hands over the connection (docs/development.md).")

# transaction_per_migration stays off: all revisions or none, in the transaction that db.upgrade began.
context.configure(
    connection=_connection,
    target_metadata=load_tables().metadata,
    render_as_batch=True,
    transactional_ddl=False,
    compare_type=True,
)
context.run_migrations()
