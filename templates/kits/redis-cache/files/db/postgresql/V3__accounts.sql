create table account (
    name varchar(40) primary key,
    password_hash varchar(200) not null
);
