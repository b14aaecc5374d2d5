-- Null for somebody who cannot log in.
alter table users add column password_hash varchar(255);
