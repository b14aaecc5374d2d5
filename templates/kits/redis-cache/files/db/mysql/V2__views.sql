-- Apart from the product: a counter that changes all the time and the rest of the row would wait for each other.
create table product_views (
    product_id bigint not null primary key,
    views bigint not null default 0,
    constraint product_views_product_fk foreign key (product_id) references product (id) on delete cascade,
    constraint product_views_check check (views >= 0)
);

-- One row: the last entry of the journal of views that is counted in product_views.
create table view_journal (
    id smallint not null primary key,
    last_entry varchar(64) character set ascii collate ascii_bin not null,
    constraint view_journal_check check (id = 1)
);

insert into view_journal (id, last_entry) values (1, '0-0');
