"""The work of the home: records, rules, actions and queries, one room for each concept. No Qt, no ReportLab."""
