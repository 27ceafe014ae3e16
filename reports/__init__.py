"""Paper: frozen data in, PDF bytes out. ReportLab lives only here; no session, no clock, no Qt."""
