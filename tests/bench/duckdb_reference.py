"""Counts the same gaps with DuckDB, on one thread: what a spreadsheet-minded auditor would run instead (`make bench-native`).

Prints processor time and peak memory. Needs `pip install duckdb`; says so and ends where it is absent.
"""

import resource
import sys

try:
    import duckdb
except ImportError:
    print("duckdb: skipped, it is not installed (pip install duckdb)")
    sys.exit(0)

QUERY = """
with changes as (
    select number, author.login as author, mergedAt, headRefOid, closingIssuesReferences as tickets, reviews
    from read_json(?, maximum_object_size = 268435456, sample_size = 2000)
    where mergedAt is not null
),
approvals as (
    select number, changes.author as author, mergedAt, headRefOid, unnest(reviews) as review from changes
)
select
    (select count(distinct number) from approvals where review.state = 'APPROVED' and review.author.login = author) as self_approved,
    (select count(distinct number) from approvals where review.state = 'APPROVED' and review.commit.oid <> headRefOid) as stale,
    (select count(distinct number) from approvals where review.state = 'APPROVED' and review.submittedAt > mergedAt) as late,
    (select count(*) from changes where len(tickets) = 0) as ticketless
"""

connection = duckdb.connect()
connection.execute("set threads = 1")
counts = connection.execute(QUERY, [sys.argv[1]]).fetchone()
usage = resource.getrusage(resource.RUSAGE_SELF)
print(f"duckdb {duckdb.__version__}: self-approved {counts[0]}, stale {counts[1]}, late {counts[2]}, ticketless {counts[3]}")
print(f"duckdb: {usage.ru_utime + usage.ru_stime:.2f} s of processor time, {usage.ru_maxrss / 1024:.0f} MB at most")
