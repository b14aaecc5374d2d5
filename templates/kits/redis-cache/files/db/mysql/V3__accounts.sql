create table account (
    name varchar(40) character set ascii collate ascii_bin not null primary key,
    password_hash varchar(200) character set ascii collate ascii_bin not null
);
