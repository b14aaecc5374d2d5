-- Apart from the product: a counter that changes all the time and the rest of the row would wait for each other.
create table product_views (
    product_id bigint primary key references product (id) on delete cascade,
    views bigint not null default 0,
    constraint product_views_check check (views >= 0)
);

-- One row: the last entry of the journal of views that is counted in product_views.
create table view_journal (
    id smallint primary key,
    last_entry varchar(64) not null,
    constraint view_journal_check check (id = 1)
);

insert into view_journal (id, last_entry) values (1, '0-0');
