-- Times are timestamptz: PostgreSQL keeps them in UTC.
create table users (
    id         uuid         primary key,
    email      varchar(254) not null,
    name       varchar(100) not null,
    created_at timestamptz  not null,
    version    bigint       not null,
    constraint users_email_unique unique (email),
    -- Two addresses that differ only in case are the same one.
    constraint users_email_lower_case check (email = lower(email))
);

create table roles (
    name varchar(20) primary key
);

insert into roles (name) values ('USER'), ('ADMIN');

create table user_roles (
    user_id uuid        not null references users (id) on delete cascade,
    role    varchar(20) not null references roles (name),
    primary key (user_id, role)
);
