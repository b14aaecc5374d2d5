-- Times are datetime(6) in UTC: the application says so to the driver.
create table users (
    id         binary(16)   not null primary key,
    -- Two addresses that differ only in case are the same one (ci); those that differ in accents are not (as).
    email      varchar(254) character set utf8mb4 collate utf8mb4_0900_as_ci not null,
    name       varchar(100) character set utf8mb4 collate utf8mb4_0900_as_ci not null,
    created_at datetime(6)  not null,
    version    bigint       not null,
    constraint users_email_unique unique (email)
);

create table roles (
    name varchar(20) not null primary key
);

insert into roles (name) values ('USER'), ('ADMIN');

create table user_roles (
    user_id binary(16)  not null,
    role    varchar(20) not null,
    primary key (user_id, role),
    constraint user_roles_user foreign key (user_id) references users (id) on delete cascade,
    constraint user_roles_role foreign key (role) references roles (name)
);
