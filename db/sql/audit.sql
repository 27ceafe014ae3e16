-- The audit chain on PostgreSQL. No login has any right on the audit tables: these functions, owned by the store's
-- owner, are the only way in. Each block is one function; db/guards.py re-makes and compares them.

-- guard teduh_me() : all
-- Who is signed in, as the store knows people; null for a login that is nobody's.
CREATE FUNCTION teduh_me() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
    SELECT owner FROM key_slot WHERE login_role = session_user
$teduh$;

-- guard teduh_is(text[]) : all
-- Whether whoever is signed in belongs to one of these groups. The store's owner belongs to none and to all.
CREATE FUNCTION teduh_is(groups text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
    SELECT session_user = current_user OR coalesce(bool_or(pg_has_role(session_user, r.oid, 'member')), false)
    FROM unnest(groups) g JOIN pg_roles r ON r.rolname = current_database() || '__' || g
$teduh$;

-- guard teduh_audit_head() : all
CREATE FUNCTION teduh_audit_head() RETURNS TABLE (seq bigint, hash bytea, at text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
    SELECT e.seq, e.hash, e.at::text FROM audit_entry e ORDER BY e.seq DESC LIMIT 1
$teduh$;

-- guard teduh_audit_append(jsonb) : all
-- Chains entries after the head. The lock holds until COMMIT, so the chain has one end however many write.
CREATE FUNCTION teduh_audit_append(entries jsonb) RETURNS TABLE (seq bigint, hash bytea, at text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
DECLARE
    e jsonb; n bigint; link bytea; previous bytea; image bytea; image_hash bytea; told text;
    number integer; k_inner bytea; k_outer bytea; me text := teduh_me(); moment text := '';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('teduh audit', 0));
    SELECT a.seq, a.hash INTO n, previous FROM audit_entry a ORDER BY a.seq DESC LIMIT 1;
    n := coalesce(n, 0);
    previous := coalesce(previous, decode(repeat('00', 32), 'hex'));
    SELECT s.key_no, s.inner_pad, s.outer_pad INTO STRICT number, k_inner, k_outer
    FROM audit_secret s ORDER BY s.key_no DESC LIMIT 1;
    FOR e IN SELECT * FROM jsonb_array_elements(entries) LOOP
        IF session_user <> current_user AND (e ->> 'actor') IS DISTINCT FROM me THEN
            RAISE insufficient_privilege USING MESSAGE = 'an entry in the name of somebody else';
        END IF;
        IF session_user <> current_user AND (e ->> 'action') IN ('erased', 'migrated', 'restored') THEN
            RAISE insufficient_privilege USING MESSAGE = 'an entry of the owner';
        END IF;
        n := n + 1;
        moment := e ->> 'at';
        image := decode(e ->> 'image', 'base64');
        image_hash := CASE WHEN length(image) > 0 THEN sha256(image) ELSE ''::bytea END;
        told := array_to_string(ARRAY[n::text, moment, e ->> 'mono', e ->> 'actor', e ->> 'machine', e ->> 'action',
            e ->> 'table', e ->> 'row', e ->> 'subject', e ->> 'reason', e ->> 'mark', number::text,
            encode(image_hash, 'hex')], chr(31), '?');
        IF length(told) - length(replace(told, chr(31), '')) <> 12 THEN
            RAISE invalid_parameter_value USING MESSAGE = 'a separator inside a field';
        END IF;
        link := sha256(previous || convert_to(told, 'UTF8'));
        INSERT INTO audit_entry VALUES (n, moment, (e ->> 'mono')::bigint, e ->> 'actor', e ->> 'machine',
            e ->> 'action', e ->> 'table', e ->> 'row', e ->> 'subject', e ->> 'reason', e ->> 'mark', number,
            image_hash, previous, link, sha256(k_outer || sha256(k_inner || link)));
        IF length(image) > 0 THEN
            INSERT INTO audit_image VALUES (n, image);
        END IF;
        previous := link;
    END LOOP;
    RETURN QUERY SELECT n, previous, moment;
END
$teduh$;

-- guard teduh_audit_verify() : all
-- Walks the chain where it lies: whoever may not read a line of it may still ask whether it is whole.
CREATE FUNCTION teduh_audit_verify() RETURNS TABLE (seq bigint, fault text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
DECLARE
    e audit_entry%ROWTYPE; due bigint := 1; previous bytea := decode(repeat('00', 32), 'hex');
    link bytea; image bytea; k_inner bytea; k_outer bytea;
BEGIN
    FOR e IN SELECT * FROM audit_entry a ORDER BY a.seq LOOP
        IF e.seq <> due THEN
            RETURN QUERY SELECT due, 'entry_missing';
        ELSIF e.prev <> previous THEN
            RETURN QUERY SELECT e.seq, 'entry_order';
        END IF;
        link := sha256(e.prev || convert_to(array_to_string(ARRAY[e.seq::text, e.at, e.mono::text, e.actor, e.machine,
            e.action, e.table_name, e.row_key, e.subject, e.reason, e.mark, e.key_no::text,
            encode(e.image_hash, 'hex')], chr(31), '?'), 'UTF8'));
        SELECT s.inner_pad, s.outer_pad INTO k_inner, k_outer FROM audit_secret s WHERE s.key_no = e.key_no;
        IF link <> e.hash OR k_inner IS NULL OR sha256(k_outer || sha256(k_inner || e.hash)) <> e.mac THEN
            RETURN QUERY SELECT e.seq, 'entry_edited';
        END IF;
        IF length(e.image_hash) > 0 THEN
            SELECT i.bytes INTO image FROM audit_image i WHERE i.seq = e.seq;
            IF image IS NULL THEN
                RETURN QUERY SELECT e.seq, 'image_missing';
            ELSIF sha256(image) <> e.image_hash THEN
                RETURN QUERY SELECT e.seq, 'image_edited';
            END IF;
        END IF;
        previous := e.hash;
        due := e.seq + 1;
    END LOOP;
    IF due = 1 THEN
        RETURN QUERY SELECT due, 'entry_missing'; -- founding chains the first one: no store is without
    END IF;
    RETURN QUERY SELECT i.seq, 'row_unknown' FROM audit_image i LEFT JOIN audit_entry a ON a.seq = i.seq
        WHERE a.seq IS NULL OR length(a.image_hash) = 0 ORDER BY i.seq;
END
$teduh$;

-- guard teduh_audit_hash(bigint) : all
-- The hash of one entry: lets a PC compare the head it remembers with the chain it meets.
CREATE FUNCTION teduh_audit_hash(wanted bigint) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
    SELECT e.hash FROM audit_entry e WHERE e.seq = wanted
$teduh$;

-- guard teduh_image_key(text,integer,bytea) : all
-- The wrapped image key of a person; the offered one is kept when there is none yet.
CREATE FUNCTION teduh_image_key(who text, number integer, fresh bytea) RETURNS TABLE (house_no integer, wrapped bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $teduh$
BEGIN
    IF fresh IS NOT NULL THEN
        INSERT INTO image_key VALUES (who, number, fresh) ON CONFLICT DO NOTHING;
    END IF;
    RETURN QUERY SELECT k.house_no, k.wrapped FROM image_key k WHERE k.subject = who;
END
$teduh$;

-- guard teduh_append_only() : none
CREATE FUNCTION teduh_append_only() RETURNS trigger
LANGUAGE plpgsql AS $teduh$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = TG_TABLE_NAME || ' only grows';
END
$teduh$;
