-- +goose Up
-- Events are appended, sealed once, and never changed or deleted.
-- +goose StatementBegin
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are append-only';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER events_are_kept BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER events_are_sealed_once BEFORE UPDATE ON events FOR EACH ROW
WHEN (OLD.seq IS NOT NULL OR NEW.id <> OLD.id OR NEW.type <> OLD.type OR NEW.actor <> OLD.actor
  OR NEW.subject <> OLD.subject OR NEW.owner <> OLD.owner OR NEW.action <> OLD.action
  OR NEW.request <> OLD.request OR NEW.at <> OLD.at OR NEW.data <> OLD.data)
EXECUTE FUNCTION refuse_event_change();
