create table product (
    id bigint not null auto_increment primary key,
    sku varchar(32) character set ascii collate ascii_bin not null,
    name varchar(200) not null,
    category varchar(40) character set ascii collate ascii_bin not null,
    price decimal(10, 2) not null,
    -- Counts the changes of a row. Of two states of a product the one with the greater version is the newer.
    version bigint not null default 1,
    constraint product_sku_key unique (sku),
    constraint product_price_check check (price >= 0),
    -- Pages of a category, in the order of ids.
    index product_category_idx (category, id)
) default character set utf8mb4;
