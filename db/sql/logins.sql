-- People's logins and keys on PostgreSQL: made, changed and ended only by these functions, which look at who asks.
-- Passwords arrive as SCRAM verifiers made on the asking PC: the server, its log and its disk never see one.

-- guard teduh_login_create(jsonb,text,text[]) : all
CREATE FUNCTION teduh_login_create(slot jsonb, verifier text, groups text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
DECLARE
    role_name text := slot ->> 'login_role';
BEGIN
    IF NOT teduh_is(@managers@) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an administrator adds people';
    END IF;
    IF role_name !~ ('^' || current_database() || '__u_[0-9a-f]+$') OR verifier !~ '^SCRAM-SHA-256\$' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'not a login of this store';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I', role_name);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', role_name, verifier);
    DELETE FROM key_slot WHERE tag = slot ->> 'tag' OR owner = slot ->> 'owner';
    INSERT INTO key_slot (owner, tag, login_role, public, passes, memory, lanes, salt, wrapped) VALUES (
        slot ->> 'owner', slot ->> 'tag', role_name, decode(slot ->> 'public', 'hex'), (slot ->> 'passes')::integer,
        (slot ->> 'memory')::integer, (slot ->> 'lanes')::integer, decode(slot ->> 'salt', 'hex'),
        decode(slot ->> 'wrapped', 'hex'));
    PERFORM teduh_login_groups(slot ->> 'owner', groups);
END
$teduh$;

-- guard teduh_login_groups(text,text[]) : all
-- Puts a login into exactly these groups (and the one of all logins); one that was ended into none.
CREATE FUNCTION teduh_login_groups(who text, groups text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
DECLARE
    role_name text; g text; prefix text := current_database() || '__';
BEGIN
    IF NOT teduh_is(@granters@) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the head or an administrator grants roles';
    END IF;
    SELECT login_role INTO STRICT role_name FROM key_slot WHERE owner = who;
    FOR g IN SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
             JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = role_name AND starts_with(r.rolname, prefix) LOOP
        EXECUTE format('REVOKE %I FROM %I', g, role_name);
    END LOOP;
    IF NOT (SELECT r.rolcanlogin FROM pg_roles r WHERE r.rolname = role_name) THEN
        RETURN;
    END IF;
    FOREACH g IN ARRAY groups || ARRAY['all'] LOOP
        IF g !~ '^[a-z][a-z_]*$' OR starts_with(g, 'u_') OR g = 'owner' THEN
            RAISE invalid_parameter_value USING MESSAGE = 'not a group of this store';
        END IF;
        EXECUTE format('GRANT %I TO %I', prefix || g, role_name);
    END LOOP;
END
$teduh$;

-- guard teduh_login_relock(jsonb,text) : all
-- A new password: for oneself, or for somebody else by an administrator.
CREATE FUNCTION teduh_login_relock(slot jsonb, verifier text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
DECLARE
    role_name text;
BEGIN
    IF (slot ->> 'owner') IS DISTINCT FROM teduh_me() AND NOT teduh_is(@managers@) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an administrator resets a password';
    END IF;
    IF verifier !~ '^SCRAM-SHA-256\$' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'not a verifier';
    END IF;
    UPDATE key_slot SET public = decode(slot ->> 'public', 'hex'), passes = (slot ->> 'passes')::integer,
        memory = (slot ->> 'memory')::integer, lanes = (slot ->> 'lanes')::integer,
        salt = decode(slot ->> 'salt', 'hex'), wrapped = decode(slot ->> 'wrapped', 'hex')
    WHERE owner = slot ->> 'owner' RETURNING login_role INTO STRICT role_name;
    EXECUTE format('ALTER ROLE %I PASSWORD %L', role_name, verifier);
END
$teduh$;

-- guard teduh_login_stop(text) : all
-- Ends a login: no sign-in, no keys, no groups, open connections cut. The slot stays, so that it can be let in again.
CREATE FUNCTION teduh_login_stop(who text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
DECLARE
    role_name text;
BEGIN
    IF NOT teduh_is(@managers@) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an administrator ends a login';
    END IF;
    DELETE FROM key_sealed WHERE owner = who;
    SELECT login_role INTO role_name FROM key_slot WHERE owner = who;
    IF role_name IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER ROLE %I NOLOGIN', role_name);
    -- A connection that comes back before this is committed has no rights left.
    PERFORM teduh_login_groups(who, '{}');
    BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = role_name AND pid <> pg_backend_pid();
    EXCEPTION WHEN insufficient_privilege THEN
        NULL; -- the server's owner may lack that right; the login is ended either way
    END;
END
$teduh$;

-- guard teduh_login_resume(text) : all
-- Lets a login in again; its groups are given back by teduh_login_groups.
CREATE FUNCTION teduh_login_resume(who text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
DECLARE
    role_name text;
BEGIN
    IF NOT teduh_is(@managers@) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an administrator lets in again';
    END IF;
    SELECT login_role INTO STRICT role_name FROM key_slot WHERE owner = who;
    EXECUTE format('ALTER ROLE %I LOGIN', role_name);
END
$teduh$;

-- guard teduh_login_drop(text) : all
CREATE FUNCTION teduh_login_drop(who text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
DECLARE
    role_name text;
BEGIN
    PERFORM teduh_login_stop(who);
    DELETE FROM key_slot WHERE owner = who RETURNING login_role INTO role_name;
    IF role_name IS NOT NULL THEN
        BEGIN
            EXECUTE format('DROP ROLE %I', role_name);
        EXCEPTION WHEN dependent_objects_still_exist THEN
            NULL; -- a large object is enough for that; a role without sign-in and groups may stay
        END;
    END IF;
END
$teduh$;

-- guard teduh_key_holders() : all
-- Public keys of all who hold the store's keys: to seal a new key to them.
CREATE FUNCTION teduh_key_holders() RETURNS TABLE (owner text, public bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
    SELECT s.owner, s.public FROM key_slot s WHERE EXISTS (SELECT FROM key_sealed k WHERE k.owner = s.owner)
    UNION ALL SELECT r.owner, r.public FROM key_recovery r
$teduh$;

-- guard teduh_slot_public(text) : all
CREATE FUNCTION teduh_slot_public(who text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
    SELECT s.public FROM key_slot s WHERE s.owner = who
$teduh$;

-- guard teduh_key_seal(text,text,bytea) : all
CREATE FUNCTION teduh_key_seal(key_name text, who text, sealed_key bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
BEGIN
    IF NOT teduh_is(@managers@) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an administrator hands out keys';
    END IF;
    INSERT INTO key_sealed (name, owner, blob) VALUES (key_name, who, sealed_key)
    ON CONFLICT (name, owner) DO UPDATE SET blob = excluded.blob;
END
$teduh$;

-- guard teduh_house_rotated(integer) : all
-- The image keys not yet wrapped by this house key: an administrator wraps them anew after somebody left.
CREATE FUNCTION teduh_house_rotated(number integer) RETURNS TABLE (subject text, house_no integer, wrapped bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
BEGIN
    IF NOT teduh_is(@managers@) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an administrator rotates keys';
    END IF;
    RETURN QUERY SELECT k.subject::text, k.house_no, k.wrapped FROM image_key k
    WHERE k.wrapped IS NOT NULL AND k.house_no < number;
END
$teduh$;

-- guard teduh_house_rewrap(text,integer,bytea) : all
CREATE FUNCTION teduh_house_rewrap(who text, number integer, rewrapped bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
BEGIN
    IF NOT teduh_is(@managers@) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an administrator rotates keys';
    END IF;
    UPDATE image_key SET house_no = number, wrapped = rewrapped WHERE subject = who AND wrapped IS NOT NULL;
END
$teduh$;
