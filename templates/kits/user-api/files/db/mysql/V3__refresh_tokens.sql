create table refresh_tokens (
    -- SHA-256 of the token: who can read this table still cannot use one.
    token_hash varchar(64) not null primary key,
    family     binary(16)  not null,
    user_id    binary(16)  not null,
    expires_at datetime(6) not null,
    used_at    datetime(6),
    revoked_at datetime(6),
    constraint refresh_tokens_user foreign key (user_id) references users (id) on delete cascade
);

create index refresh_tokens_family on refresh_tokens (family);
