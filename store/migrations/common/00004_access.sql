-- +goose Up
-- An account is one subject at one issuer; it may be linked to a User.
CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_ref TEXT NOT NULL DEFAULT '', -- entity reference, empty when no User matches
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  claim_groups TEXT NOT NULL, -- JSON array of mapped group references from the last sign-in
  zone TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  seen_at TEXT NOT NULL
);
CREATE UNIQUE INDEX accounts_by_subject ON accounts(issuer, subject);
CREATE INDEX accounts_by_user ON accounts(user_ref);

CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY, -- sha256 of the cookie's value
  id TEXT NOT NULL,
  account TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  agent TEXT NOT NULL,
  address TEXT NOT NULL,
  created_at TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
);
CREATE UNIQUE INDEX sessions_by_id ON sessions(id);
CREATE INDEX sessions_by_account ON sessions(account);
CREATE INDEX sessions_by_expiry ON sessions(expires_at);

CREATE TABLE sign_ins (
  state TEXT PRIMARY KEY, -- sha256 of the state parameter
  nonce TEXT NOT NULL,
  verifier TEXT NOT NULL,
  return_to TEXT NOT NULL,
  expires_at TEXT NOT NULL
);

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  account TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  role TEXT NOT NULL, -- at most this role of the owner's; empty: all of them
  scopes TEXT NOT NULL, -- JSON array of action names; null: all
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_at TEXT NOT NULL DEFAULT '',
  revoked_at TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX tokens_by_hash ON tokens(hash);
CREATE INDEX tokens_by_account ON tokens(account, created_at);
