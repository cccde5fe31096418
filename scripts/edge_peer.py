"""A claim and a submission on FastAPI and asyncpg, which `guildhall serve` is measured against.

The same statements (edge_peer.sql), the same checks, the same answers as ours: key and scope, limits, shape of the
body, Idempotency-Key, eligibility, hours, shares, lease and its token, schema of the answer, sealing, audit. Written
for speed: uvloop, httptools, orjson, pydantic-core on the raw body, prepared statements, no ORM. `Benchmarks --only
edge` starts it, and compares the statements of both by PostgreSQL's log.
"""

import hashlib
import os
import re
import time
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import fastjsonschema
import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

# MARK: Statements


def statements():
    """Each by its name: the text with numbered parameters, and the parameters' names in their order."""
    found = {}
    for part in Path(__file__).with_name("edge_peer.sql").read_text().split("-- name: ")[1:]:
        name, _, text = part.partition("\n")
        names = []

        def number(match):
            names.append(match.group(1))
            return f"${len(names)}"

        text = re.sub(r"(?<!:):([a-z_]+)(?=\W|$)", number, text.strip().rstrip(";"))
        found[name.strip()] = (text, names)
    return found


SQL = statements()

def behind_a_place(text, names):
    """The lease that looks on from where the last one was found: two more parameters."""
    hole = "slot.allotment_id is null\n"
    head, tail = text.split(hole, 1)
    first = head.count("$") + 1
    place = f"slot.allotment_id is null and (slot.slot_no, slot.task_id) > (${first}, ${first + 1})\n"
    tail = re.sub(r"\$(\d+)", lambda match: f"${int(match.group(1)) + 2}", tail)
    return head + place + tail, names[: first - 1] + ["after_slot", "after_task"] + names[first - 1 :]


SQL["lease_after"] = behind_a_place(*SQL["lease"])


class Change:
    """One transaction, its connection and its instant."""

    def __init__(self, connection):
        self.connection = connection
        self.now = None

    async def __aenter__(self):
        await self.connection.execute("begin isolation level read committed read write")
        self.now = await self.connection.fetchval("select now()")
        return self

    async def __aexit__(self, kind, error, trace):
        await self.connection.execute("commit" if kind is None else "rollback")

    async def rows(self, name, **values):
        text, names = SQL[name]
        return await self.connection.fetch(text, *[values[each] for each in names])

    async def row(self, name, **values):
        text, names = SQL[name]
        return await self.connection.fetchrow(text, *[values[each] for each in names])

    async def lock_worker(self, worker):
        row = await self.row("lock_worker", worker=worker)
        self.now = (await self.row("clock"))["instant"]
        return row


# MARK: Refusals and limits


class Refusal(Exception):
    def __init__(self, status, code, detail="", headers=None):
        self.status, self.code, self.detail, self.headers = status, code, detail, headers or {}


class Limits:
    """Requests of a key in a minute, and requests under way."""

    per_minute, in_flight_most = 1_000_000, 512

    def __init__(self):
        self.windows, self.under_way = {}, 0

    def take(self, sender):
        now = time.monotonic()
        began, taken = self.windows.get(sender, (now, 0))
        if began + 60 <= now:
            began, taken = now, 0
        self.windows[sender] = (began, taken + 1)
        left = int(began + 60 - now) + 1
        if taken >= self.per_minute:
            raise Refusal(429, "rate_limited", headers={"Retry-After": str(left)})
        return {
            "RateLimit-Policy": f'"default";q={self.per_minute};w=60',
            "RateLimit": f'"default";r={self.per_minute - taken - 1};t={left}',
        }


# MARK: Small parts


def canonical(value):
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def sha256(data):
    return hashlib.sha256(data).digest()


def lock_number(*words):
    digest = hashlib.blake2b("\x1f".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def uuid7(instant):
    milliseconds = int(instant.timestamp() * 1_000)
    bits = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | 7 << 76 | (bits >> 68 & 0xFFF) << 64 | 2 << 62 | bits & (1 << 62) - 1
    return UUID(int=value)


def text(instant):
    return instant.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(instant):
    return instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_well_formed(secret):
    if not secret.startswith("gh_") or len(secret) not in (67, 75):
        return False
    return len(secret) == 67 or secret[67:] == hashlib.sha256(secret[3:67].encode()).hexdigest()[:8]


class Claim(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    requester_id: str
    batch_id: str


class Submission(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    lease_token: int
    answer: JsonValue
    active_seconds: int | None = None


# MARK: Eligibility


def holds(period, instant):
    start, end = period.get("from"), period.get("until")
    return (start is None or start <= instant) and (end is None or instant < end)


def verdict(rule, facts, instant):
    """The papers that a rule rests on, or None where it is not met; of the rules that the measured market has."""
    if "all" in rule:
        proof = set()
        for each in rule["all"]:
            part = verdict(each, facts, instant)
            if part is None:
                return None
            proof |= part
        return proof
    if "any" in rule:
        return next((p for each in rule["any"] if (p := verdict(each, facts, instant)) is not None), None)
    if "not" in rule:
        return set() if verdict(rule["not"], facts, instant) is None else None
    if "jurisdiction" in rule:
        place = rule["jurisdiction"]
        papers = [
            paper for paper in facts["credentials"]
            if paper["profession"] == rule["of"] and paper["is_licence"] and holds(paper, instant)
            and (paper["jurisdiction"] == place or paper["jurisdiction"].startswith(place + "-"))
        ]
        if not papers:
            return None
        return {max(papers, key=lambda paper: (paper["until"] or 1 << 62, paper["id"]))["id"]}
    if "least_years" in rule:
        standing = facts["professions"].get(rule["of"])
        return set() if standing is not None and standing["years"] >= rule["least_years"] else None
    raise Refusal(500, "internal", f"no such rule here: {rule}")


def facts_of(row, instant):
    """What is known of a worker at the instant, of all that requirements may ask for."""
    stamp = int(instant.timestamp() * 1_000_000)
    lists = {
        name: orjson.loads(row[name])
        for name in ("language_levels", "professions", "credentials", "teams", "agreements", "interests",
                     "exclusions", "exams", "skills", "clearances")
    }
    professions = {}
    for each in lists["professions"]:
        tier = next((tier["value"] for tier in each["tiers"] if holds(tier, stamp)), None)
        professions[each["profession"]] = {"years": each["years"], "tier": tier, "specialties": each["specialties"]}
    return {
        "state": row["state"], "country": row["country"], "professions": professions,
        "credentials": lists["credentials"],
        "sourcing": next((team["value"] for team in lists["teams"] if holds(team, stamp)), "crowd"),
        "interests": {each["value"] for each in lists["interests"] if holds(each, stamp)},
        "exclusions": {each["value"] for each in lists["exclusions"] if holds(each, stamp)},
        "languages": row["languages"], "levels": {each["tag"]: each["level"] for each in lists["language_levels"]},
        "agreements": lists["agreements"], "exams": lists["exams"],
        "skills": {each["skill"]: each for each in lists["skills"]},
        "clearance": next((int(each["value"]) for each in lists["clearances"] if holds(each, stamp)), 0),
    }, stamp


# MARK: The server

limits = Limits()
trees, schemas, hints = {}, {}, {}
keys = {}


async def nothing(connection):
    pass


@asynccontextmanager
async def lifespan(app):
    ring = orjson.loads(Path(os.environ["PEER_KEY_FILE"]).read_bytes())
    keys.update({each["name"]: bytes.fromhex(each["key"]) for each in ring["wrapping_keys"]})
    given = dict(re.findall(r"(\w+)='?([^' ]*)'?", os.environ["PEER_DATABASE"]))
    size = int(os.environ["PEER_POOL"])
    app.state.pool = await asyncpg.create_pool(
        host=given["host"], port=int(given["port"]), user=given["user"], database=given["dbname"], min_size=size,
        max_size=size,
        server_settings={
            "application_name": "peer", "role": "guildhall_app", "statement_timeout": "30000",
            "lock_timeout": "10000", "idle_in_transaction_session_timeout": "15000",
        },
        # What a claim sets for its transaction ends with it; nothing else is left behind.
        reset=nothing,
    )
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.get("/ready")
async def ready():
    return Response(b"{}", media_type="application/json")


async def answered(request, scope, shape, most, perform):
    """What both have in common: who asks, how much, of which shape, once for a key."""
    request_id = os.urandom(16).hex()
    headers = {"X-Request-Id": request_id}
    try:
        authorization = request.headers.get("authorization", "")
        headers |= limits.take(sha256(authorization.encode()))
        if limits.under_way >= limits.in_flight_most:
            raise Refusal(503, "overloaded", headers={"Retry-After": "1"})
        limits.under_way += 1
        try:
            reply = await within_limits(request, authorization, scope, shape, most, perform)
        finally:
            limits.under_way -= 1
        status, body, is_replay = reply
        if is_replay:
            headers["Idempotent-Replayed"] = "true"
        return Response(canonical(body), status, headers, "application/json; charset=utf-8")
    except Refusal as refusal:
        problem = {
            "type": f"/docs#{refusal.code}", "status": refusal.status, "code": refusal.code, "detail": refusal.detail,
            "instance": request.url.path, "request_id": request_id,
        }
        return Response(
            canonical(problem), refusal.status, headers | refusal.headers, "application/problem+json")


async def within_limits(request, authorization, scope, shape, most, perform):
    if not authorization.lower().startswith("bearer "):
        raise Refusal(401, "not_authenticated")
    secret = authorization[7:].strip()
    if not is_well_formed(secret):
        raise Refusal(401, "not_authenticated")
    token_hash = sha256(secret.encode())
    async with app.state.pool.acquire() as connection:
        caller = await connection.fetchrow(SQL["caller"][0], token_hash)
        if caller is None:
            raise Refusal(401, "not_authenticated")
        if caller["is_noteworthy"]:
            await connection.execute(SQL["note_use"][0], token_hash)
    if scope not in caller["scope_names"]:
        raise Refusal(403, "scope_missing")
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "unsupported_media_type")
    if int(request.headers.get("content-length", 0)) > most:
        raise Refusal(413, "body_too_large")
    raw = await request.body()
    try:
        body = shape.model_validate_json(raw)
    except ValidationError as error:
        raise Refusal(422, "bad_input", str(error)) from None
    key = request.headers.get("idempotency-key")
    if key is None:
        raise Refusal(400, "idempotency_key_missing")
    if not 1 <= len(key) <= 255 or not all("!" <= letter <= "~" for letter in key):
        raise Refusal(400, "bad_idempotency_key")
    principal, route = caller["principal_id"], f"POST {request.url.path}"
    fingerprint = sha256(f"{route}\n".encode() + raw)
    async with app.state.pool.acquire() as connection, Change(connection) as change:
        taken = await change.row("take_key", lock=lock_number("idempotency", str(principal), route, key))
        if not taken["taken"]:
            raise Refusal(409, "request_in_flight")
        kept = await change.row("kept_answer", principal=principal, route=route, key=key)
        if kept is not None:
            if kept["fingerprint"] != fingerprint:
                raise Refusal(422, "idempotency_key_reused")
            return kept["status"], orjson.loads(kept["answer"]), True
        status, answer = await perform(change, principal, body)
        await change.rows(
            "keep_answer", principal=principal, route=route, key=key, fingerprint=fingerprint, status=status,
            answer=canonical(answer).decode(), now=change.now)
        return status, answer, False


# MARK: Claim


@app.post("/v1/claims")
async def claim(request: Request):
    return await answered(request, "work", Claim, 16 << 10, take_task)


async def take_task(change, worker, body):
    requester, batch = UUID(body.requester_id), UUID(body.batch_id)
    row = await change.lock_worker(worker)
    if row is None:
        raise Refusal(403, "not_a_worker")
    now = change.now
    local = now.astimezone(ZoneInfo(row["time_zone"])).date()
    monday = local - timedelta(days=local.weekday())
    # asyncpg has no pipeline: one after the other.
    await change.row("settings")
    standing = await change.row("standing", worker=worker, now=now, day=local, monday=monday)
    bounds = await change.row("limits", worker=worker, now=now)
    bonds = await change.row("bonds", worker=worker, now=now)
    facts, stamp = facts_of(await change.row("history", workers=[worker]), now)
    await change.rows("met", worker=worker, now=now)
    await change.rows("asks", worker=worker, now=now)
    if not standing["is_worker"]:
        raise Refusal(403, "not_a_worker")
    if row["state"] != "active":
        raise Refusal(409, "worker_not_active")
    if standing["live_leases"] >= bounds["tasks_at_once_max"]:
        raise Refusal(409, "too_many_leases")
    offering = await change.row("offering", requester=requester, batch=batch)
    bar(offering, bonds, now)
    proof = verdict(await tree_of(change, offering), facts, stamp) if facts["state"] == "active" else None
    if proof is None:
        raise Refusal(409, "not_eligible")
    minutes = offering["expected_minutes"]
    if (bounds["weekly_minutes_max"] - standing["minutes_of_week"]) // max(minutes, 1) < 1:
        raise Refusal(409, "hours_cap")
    if (bounds["daily_minutes_max"] - standing["minutes_of_day"]) // max(minutes, 1) < 1:
        raise Refusal(409, "hours_cap_day")
    await check_share(change, offering, worker)
    lease = await take_slot(change, offering, worker, row["place"], proof, bounds, local, monday)
    return 201, {
        "assignment_id": str(lease["assignment_id"]), "requester_id": str(lease["requester_id"]),
        "batch_id": str(lease["batch_id"]), "task_id": str(lease["task_id"]), "slot": lease["slot_no"],
        "state": lease["state"], "lease_token": lease["lease_token"], "leased_at": text(lease["leased_at"]),
        "lease_until": text(lease["lease_until"]), "answer_by": text(lease["answer_by"]),
        "terms": orjson.loads(lease["terms"]),
    }


def bar(offering, bonds, now):
    if offering is None:
        raise Refusal(404, "not_found")
    if offering["is_told"]:
        raise Refusal(500, "internal", "the market of the measurement has no webhooks")
    if offering["state"] != "open":
        raise Refusal(409, "batch_not_open")
    if offering["door"] != "claim":
        raise Refusal(409, "batch_offered_only")
    if offering["due_at"] is not None and offering["due_at"] <= now:
        raise Refusal(409, "batch_overdue")
    if not offering["has_open_slot"]:
        raise Refusal(409, "no_work")
    if bonds["workforce"] not in offering["workforces"]:
        raise Refusal(409, "other_workforce")
    if offering["requester_id"] in bonds["excluded_by"]:
        raise Refusal(409, "excluded")
    if set(bonds["interests"]) & set(offering["parties"]):
        raise Refusal(409, "conflict_of_interest")


async def tree_of(change, offering):
    known = trees.get(offering["hash"])
    if known is None:
        for row in await change.rows("requirement_by_hash", hashes=[offering["hash"]]):
            trees[row["hash"]] = orjson.loads(row["tree"])
        known = trees[offering["hash"]]
    return known


async def check_share(change, offering, worker):
    slots, share = offering["slot_count"], offering["share_bps"]
    least = max(20, slots * 200 // 10_000) if share is None else max(1, slots * share // 10_000)
    if least >= slots:
        return
    of = {"requester": offering["requester_id"], "batch": offering["batch_id"]}
    first = UUID(int=offering["batch_id"].int >> 80 << 80)
    held = (await change.row("held", worker=worker, least_id=first, most=slots, **of))["held"]
    if held + 100 < least:
        return
    workers = (await change.row("workers_of_batch", most=100, **of))["workers"]
    most = max(least, 2 * slots // max(workers, 1)) if share is None else least
    if most - held <= 0:
        raise Refusal(409, "share_cap")


async def take_slot(change, offering, worker, place, proof, bounds, day, monday):
    now, minutes = change.now, offering["expected_minutes"]
    answer_by = datetime.fromtimestamp(int(now.timestamp() + offering["answer_seconds"]), timezone.utc)
    terms = {
        "pay_minor": offering["pay_minor"], "fee_minor": offering["fee_minor"], "currency": offering["currency"],
        "unit": offering["unit"], "rate_id": str(offering["rate_id"]),
        "guideline_version": offering["guideline_version"], "answer_by": seconds(answer_by),
        "place_of_performance": place, "escalated_from_minor": None,
        "rate_trace": orjson.loads(offering["trace"]) if offering["trace"] else None,
    }
    frozen = canonical(terms)
    values = {
        "requester": offering["requester_id"], "batch": offering["batch_id"], "worker": worker, "now": now,
        "lease_until": min(now + timedelta(seconds=offering["lease_seconds"]), answer_by), "answer_by": answer_by,
        "assignments": [uuid7(now)], "events": [uuid7(now)], "terms": frozen.decode(), "terms_hash": sha256(frozen),
        "pay": offering["pay_minor"], "fee": offering["fee_minor"], "currency": offering["currency"],
        "eligibility": canonical({"credentials": sorted(proof), "tiers": {}}).decode(), "monday": monday, "day": day,
        "minutes": minutes, "guideline": offering["guideline_id"], "guideline_version": offering["guideline_version"],
        "week_most": bounds["weekly_minutes_max"], "day_most": bounds["daily_minutes_max"],
        "stream": f"requester:{offering['requester_id']}", "action": "task_claimed",
    }
    # Where the last open slot was found, for a second, as ours remembers it.
    hint = hints.get(offering["batch_id"])
    lease = None
    if hint is not None and time.monotonic() < hint[1]:
        lease = await change.row("lease_after", after_slot=hint[0][0], after_task=hint[0][1], **values)
    else:
        hint = None
    if lease is None:
        hint = None
        lease = await change.row("lease", **values)
    if lease is None:
        raise Refusal(409, "no_work")
    found = (lease["slot_no"], lease["task_id"])
    hints[offering["batch_id"]] = (found, hint[1] if hint is not None else time.monotonic() + 1)
    return lease


# MARK: Submission


@app.post("/v1/assignments/{assignment}/submission")
async def submission(request: Request, assignment: UUID):
    async def perform(change, worker, body):
        return await hand_in(change, worker, assignment, body)

    return await answered(request, "work", Submission, 1 << 20, perform)


async def hand_in(change, worker, assignment, body):
    if body.active_seconds is not None and body.active_seconds < 1:
        raise Refusal(422, "bad_input")
    sent = canonical(body.answer)
    if len(sent) > 1 << 20:
        raise Refusal(422, "bad_input")
    digest = sha256(sent)
    work = await change.row("work_to_submit", worker=worker, assignment=assignment)
    if work is None:
        raise Refusal(404, "not_found")
    if work["hash"] is not None:
        if work["hash"] != digest:
            raise Refusal(409, "other_answer_submitted")
        return 200, told(assignment, digest, work["submitted_at"])
    if work["lease_token"] != body.lease_token:
        raise Refusal(409, "lease_lost")
    check_schema(work["answer_schema"], body.answer)
    await change.lock_worker(worker)
    facts, stamp = facts_of(await change.row("history", workers=[worker]), change.now)
    tree = orjson.loads((await change.row("requirement", requirement=work["requirement_id"]))["tree"])
    if facts["state"] not in ("active", "paused") or verdict(tree, facts, stamp) is None:
        raise Refusal(409, "not_eligible")
    lease = await change.row("lock_lease", worker=worker, assignment=assignment, token=body.lease_token)
    now = (await change.row("clock"))["instant"]
    if lease is None or lease["state"] != "leased" or now >= lease["lease_until"]:
        raise Refusal(409, "lease_lost")
    elapsed = max(-int(-(now - lease["leased_at"]).total_seconds() // 1), 1)
    active = min(max(body.active_seconds or lease["expected_minutes"] * 60, 1), elapsed)
    return await take_answer(change, worker, assignment, work, lease, sent, digest, active, now)


def check_schema(schema, answer):
    check = schemas.get(schema)
    if check is None:
        check = schemas[schema] = fastjsonschema.compile(orjson.loads(schema))
    try:
        check(answer)
    except fastjsonschema.JsonSchemaValueException as error:
        raise Refusal(422, "invalid_answer", str(error)) from None


async def take_answer(change, worker, assignment, work, lease, sent, digest, active, now):
    requester, task = lease["requester_id"], lease["task_id"]
    await change.row("share_guideline", lock=lock_number("guideline", str(lease["guideline_id"])))
    row = await change.row("requester_key", requester=requester, function=work["function"])
    if row is None or row["destroyed_at"] is not None:
        raise Refusal(409, "content_destroyed")
    wrapping = f"guildhall/requester_key/{requester}/{work['function']}/{row['wrapping_key']}".encode()
    key = AESGCM(keys[row["wrapping_key"]]).decrypt(row["wrapped"][:12], row["wrapped"][12:], wrapping)
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, sent, f"guildhall/submission/{requester}/{assignment}/1".encode())
    await change.rows(
        "submit", requester=requester, task=task, slot=lease["slot_no"], assignment=assignment, sealed=sealed,
        hash=digest, now=now, active=active)
    given = await change.row("given", requester=requester, assignment=assignment)
    if given["is_outdated"] or given["source"] is not None:
        raise Refusal(500, "internal", "the market of the measurement has neither rechecks nor suggestions")
    await change.rows("load_down", worker=worker, now=change.now)
    await change.rows("drop_draft", requester=requester, task=task, worker=worker)
    await change.rows(
        "tell", event=uuid7(change.now), stream=f"requester:{requester}", now=change.now, worker=worker,
        action="answer_submitted", subject="assignment", assignment=assignment,
        facts=canonical({"hash": digest.hex()}).decode(), requester=requester, kind="assignment.submitted", told="{}",
        trace=None)
    return 200, told(assignment, digest, now)


def told(assignment, digest, submitted_at):
    return {
        "assignment_id": str(assignment), "answer_sha256": digest.hex(), "submitted_at": text(submitted_at),
        "state": "submitted",
    }
