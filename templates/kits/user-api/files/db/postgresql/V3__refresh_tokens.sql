create table refresh_tokens (
    -- SHA-256 of the token: who can read this table still cannot use one.
    token_hash varchar(64) primary key,
    family     uuid        not null,
    user_id    uuid        not null references users (id) on delete cascade,
    expires_at timestamptz not null,
    used_at    timestamptz,
    revoked_at timestamptz
);

create index refresh_tokens_family on refresh_tokens (family);
create index refresh_tokens_user on refresh_tokens (user_id);
