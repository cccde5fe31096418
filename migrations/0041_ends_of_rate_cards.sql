-- Ends of rate cards are prepared in the audit log and nowhere else; finance lists those of a card.
create index audit_event_rate_card_end on audit_event (subject_id, event_id) where action = 'rate_card_end_prepared';
