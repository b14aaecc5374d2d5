-- No foreign keys: what happened stays true when the account is gone.
create table audit_log (
    id          bigint      not null auto_increment primary key,
    happened_at datetime(6) not null,
    event       varchar(40) not null,
    subject_id  binary(16),
    actor_id    binary(16)
);

create index audit_log_subject on audit_log (subject_id, happened_at);
