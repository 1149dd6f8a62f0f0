"""The tables of the database, as sqlite-utils migrations: append only, never edited once they have run somewhere.

Times are UTC in ISO 8601; columns carry their unit. No secret, no signed URL and no image bytes in any of them.
"""

from tools.sqlite.migrations.budgets import m008_budgets, m011_budget_times
from tools.sqlite.migrations.first import (
    m001_runs,
    m002_images,
    m003_tasks,
    m004_uploads,
    m005_leases,
    m006_standings,
    m007_threads,
)
from tools.sqlite.migrations.storyboards import m009_storyboards
from tools.sqlite.migrations.versions import m010_versions

CHANGES = (
    m001_runs,
    m002_images,
    m003_tasks,
    m004_uploads,
    m005_leases,
    m006_standings,
    m007_threads,
    m008_budgets,
    m009_storyboards,
    m010_versions,
    m011_budget_times,
)
