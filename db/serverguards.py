"""The server's guards: functions, row-level security, policies and grants, made and compared with its catalogue."""

from typing import Final

from sqlalchemy import Connection

from db.guards import EVERYONE, GROUND_ACCESS, Access, Tables, functions

_APPEND_ONLY: Final = ("audit_entry", "audit_image")
# What an extension of the server's superuser brought along is not ours to judge.
_NOT_EXTENSION: Final = "NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = {} AND e.deptype = 'e')"


def group_role(connection: Connection, group: str) -> str:
    """The database role of a group: prefixed by the database, since roles belong to the whole server."""
    return f"{_database(connection)}__{group}"


def _database(connection: Connection) -> str:
    return str(connection.exec_driver_sql("SELECT current_database()").scalar_one())


def _run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql.replace("%", "%%"))


def drop(connection: Connection) -> None:
    """Take away our functions, triggers and policies."""
    policies = "SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public'"
    for policy, table in connection.exec_driver_sql(policies).all():
        _run(connection, f'DROP POLICY "{policy}" ON "{table}"')
    # With row security forced and no policy left, the owner itself would see no row, the schema's number included.
    forced = (
        "SELECT oid::regclass::text FROM pg_class WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace"
    )
    for (table,) in connection.exec_driver_sql(forced).all():
        _run(connection, f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for table in _APPEND_ONLY:
        _run(
            connection,
            f"DROP TRIGGER IF EXISTS teduh_append_only ON {table}" if _exists(connection, table) else "SELECT 1",
        )
    ours = (
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'public' AND p.proname LIKE 'teduh$_%%' ESCAPE '$'"
    )
    for (signature,) in connection.exec_driver_sql(ours).all():
        _run(connection, f"DROP FUNCTION {signature} CASCADE")


def _exists(connection: Connection, table: str) -> bool:
    return connection.exec_driver_sql(f"SELECT to_regclass('public.{table}')").scalar() is not None


def create(connection: Connection, tables: Tables) -> None:
    """Make the group roles where missing, then every function, trigger, policy and grant."""
    database = _database(connection)
    for group in (EVERYONE, *tables.GROUPS):
        role = f"{database}__{group}"
        found = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).scalar()
        if not found:
            _run(connection, f'CREATE ROLE "{role}" NOLOGIN')
    everyone = f'"{database}__{EVERYONE}"'
    _run(connection, f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    _run(connection, f'GRANT CONNECT ON DATABASE "{database}" TO {everyone}')
    # Before PostgreSQL 15 every login may make things there, and could stand in for ours.
    _run(connection, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    for function in functions(tables):
        _run(connection, function.create)
        _run(connection, f"REVOKE ALL ON FUNCTION {function.signature} FROM PUBLIC")
        if function.open_to_all:
            _run(connection, f"GRANT EXECUTE ON FUNCTION {function.signature} TO {everyone}")
    for table in _APPEND_ONLY:
        events = "UPDATE OR DELETE OR TRUNCATE"
        made = f"CREATE TRIGGER teduh_append_only BEFORE {events} ON {table}"
        _run(connection, f"{made} FOR EACH STATEMENT EXECUTE FUNCTION teduh_append_only()")
    _create_access(connection, tables, database)


def _all_tables(tables: Tables) -> list[str]:
    return ["alembic_version", *(table.name for table in tables.metadata.sorted_tables)]


def _all_access(tables: Tables) -> list[Access]:
    version = Access("alembic_version", "SELECT", (EVERYONE,))
    return [version, *GROUND_ACCESS, *tables.ACCESS]


def _create_access(connection: Connection, tables: Tables, database: str) -> None:
    owner = connection.exec_driver_sql("SELECT current_user").scalar_one()
    for table in _all_tables(tables):
        _run(connection, f"REVOKE ALL ON {table} FROM PUBLIC")
        for group in (EVERYONE, *tables.GROUPS):
            _run(connection, f'REVOKE ALL ON {table} FROM "{database}__{group}"')
        _run(connection, f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        _run(connection, f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _run(connection, f'CREATE POLICY teduh_owner ON {table} TO "{owner}" USING (true) WITH CHECK (true)')
    for access in _all_access(tables):
        roles = ", ".join(f'"{database}__{group}"' for group in access.groups)
        condition = access.where or "(true)"
        clauses = {
            "SELECT": f"USING {condition}",
            "DELETE": f"USING {condition}",
            "INSERT": f"WITH CHECK {condition}",
            "UPDATE": f"USING {condition} WITH CHECK {condition}",
        }
        policy = f"CREATE POLICY {access.name} ON {access.table} FOR {access.privilege}"
        _run(connection, f"{policy} TO {roles} {clauses[access.privilege]}")
        _run(connection, f"GRANT {access.privilege} ON {access.table} TO {roles}")


def compare(connection: Connection, tables: Tables) -> list[str]:
    """Functions, triggers, row security, policies and grants that are not as declared, by name."""
    database = _database(connection)
    return [
        *_compare_functions(connection, tables),
        *_compare_triggers(connection),
        *_compare_policies(connection, tables, database),
        *_compare_grants(connection, tables, database),
        *_compare_roles(connection, tables, database),
    ]


def _compare_functions(connection: Connection, tables: Tables) -> list[str]:
    query = (
        "SELECT p.oid::regprocedure::text, p.prosrc, p.prosecdef, coalesce(p.proconfig, '{}'), ARRAY("
        " SELECT coalesce(r.rolname, 'PUBLIC')::text FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
        " LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> p.proowner)"
        f" FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND {_NOT_EXTENSION.format('p.oid')}"
    )
    found = {row[0]: tuple(row[1:]) for row in connection.exec_driver_sql(query).all()}
    everyone = f"{_database(connection)}__{EVERYONE}"
    due = {}
    for function in functions(tables):
        definer = "SECURITY DEFINER" in function.create
        path = ["search_path=public, pg_temp"] if definer else []
        due[function.signature] = (function.body, definer, path, [everyone] if function.open_to_all else [])
    return sorted(name for name in found.keys() | due.keys() if found.get(name) != due.get(name))


def _compare_triggers(connection: Connection) -> list[str]:
    before_each_statement = 58  # BEFORE UPDATE OR DELETE OR TRUNCATE, in the catalogue's bits
    query = (
        "SELECT t.tgname || ' ' || c.relname, t.tgenabled, t.tgtype, p.proname, t.tgqual IS NULL, t.tgattr::text"
        " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal"
        # A rule would turn a statement into another one, or into none.
        " UNION ALL SELECT rulename || ' ' || tablename, '', 0, '', true, '' FROM pg_rules WHERE schemaname = 'public'"
    )
    found = {name: tuple(rest) for name, *rest in connection.exec_driver_sql(query).all()}
    as_made = ("O", before_each_statement, "teduh_append_only", True, "")
    due = {f"teduh_append_only {table}": as_made for table in _APPEND_ONLY}
    return sorted(name for name in found.keys() | due.keys() if found.get(name) != due.get(name))


def _compare_policies(connection: Connection, tables: Tables, database: str) -> list[str]:
    secured = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
    open_tables = set(_all_tables(tables)) - set(connection.exec_driver_sql(secured).scalars())
    query = (
        "SELECT tablename, policyname, CASE permissive WHEN 'PERMISSIVE' THEN '' ELSE permissive || ' ' END || cmd,"
        " roles::text[], coalesce(qual, ''), coalesce(with_check, '') FROM pg_policies WHERE schemaname = 'public'"
    )
    owning = connection.exec_driver_sql("SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public'")
    owners = {row.tablename: row.tableowner for row in owning}
    found = {(table, name): (cmd, frozenset(roles), qual, check) for table, name, cmd, roles, qual, check in
             connection.exec_driver_sql(query).all()}  # fmt: skip
    due = {
        (table, "teduh_owner"): ("ALL", frozenset({owners.get(table)}), "true", "true") for table in _all_tables(tables)
    }
    for access in _all_access(tables):
        condition = access.where or "true"
        qual = "" if access.privilege == "INSERT" else condition
        check = condition if access.privilege in {"INSERT", "UPDATE"} else ""
        roles = frozenset(f"{database}__{group}" for group in access.groups)
        due[access.table, access.name] = (access.privilege, roles, qual, check)
    wrong = [key for key in found.keys() | due.keys() if found.get(key) != due.get(key)]
    return [f"row security {table}" for table in sorted(open_tables)] + sorted(
        f"{name} {table}" for table, name in wrong
    )


def _compare_grants(connection: Connection, tables: Tables, database: str) -> list[str]:
    # Whole relations of every kind, single columns, the schema and the database itself.
    query = (
        "SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type FROM ("
        " SELECT oid, relname::text, relowner, relacl FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT c.oid, c.relname || '.' || t.attname, c.relowner, t.attacl FROM pg_attribute t"
        " JOIN pg_class c ON c.oid = t.attrelid WHERE c.relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT oid, 'public', nspowner, nspacl FROM pg_namespace WHERE nspname = 'public'"
        " UNION ALL SELECT oid, datname, datdba, datacl FROM pg_database WHERE datname = current_database()"
        ") c, aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> c.relowner"
        f" AND {_NOT_EXTENSION.format('c.oid')}"
    )
    everyone = f"{database}__{EVERYONE}"
    found = {tuple(row) for row in connection.exec_driver_sql(query).all()} - {("public", "PUBLIC", "USAGE")}
    due = {
        (access.table, f"{database}__{group}", access.privilege)
        for access in _all_access(tables)
        for group in access.groups
    } | {(database, everyone, "CONNECT")}
    return sorted(f"grant {privilege} on {table} to {role}" for table, role, privilege in found ^ due)


def _compare_roles(connection: Connection, tables: Tables, database: str) -> list[str]:
    """Groups hold people's logins alone, nobody stands in for the owner or for somebody else, none has powers beyond.

    What PostgreSQL 16 notes of the owner, who made the groups and logins, is no standing in.
    """
    prefix = f"{database}__"
    groups = [f"{prefix}{group}" for group in (EVERYONE, *tables.GROUPS)]
    members = (
        "SELECT g.rolname, u.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid"
        " JOIN pg_roles u ON u.oid = m.member JOIN pg_database d ON d.datname = current_database()"
        " WHERE starts_with(g.rolname, %s) AND u.oid <> d.datdba AND NOT u.rolsuper"
    )
    wrong = [
        f"member {member} of {group}"
        for group, member in connection.exec_driver_sql(members, (prefix,))
        if group not in groups or not member.startswith(f"{prefix}u_")
    ]
    powers = (
        "SELECT r.rolname FROM pg_roles r JOIN pg_database d ON d.datname = current_database()"
        " WHERE starts_with(r.rolname, %s) AND r.oid <> d.datdba"
        " AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication)"
    )
    return sorted(wrong) + sorted(
        f"powers of {role}" for role in connection.exec_driver_sql(powers, (prefix,)).scalars()
    )
