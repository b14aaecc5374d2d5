-- No foreign keys: what happened stays true when the account is gone.
create table audit_log (
    id          bigint generated always as identity primary key,
    happened_at timestamptz not null,
    event       varchar(40) not null,
    subject_id  uuid,
    actor_id    uuid
);

create index audit_log_subject on audit_log (subject_id, happened_at);
