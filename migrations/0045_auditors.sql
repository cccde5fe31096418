-- Auditors read what operators and finance read, and change nothing.
alter type role add value 'auditor';
