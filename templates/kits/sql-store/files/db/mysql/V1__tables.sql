create table customers (
    id bigint not null auto_increment primary key,
    email varchar(254) not null,
    name varchar(200) not null,
    constraint customers_email_key unique (email)
) default character set utf8mb4;

create table products (
    id bigint not null auto_increment primary key,
    sku varchar(32) character set ascii collate ascii_bin not null,
    name varchar(200) not null,
    category varchar(40) character set ascii collate ascii_bin not null,
    price decimal(10, 2) not null,
    stock integer not null default 0,
    -- Counts what clients have changed. Of two states of a product the one with the greater version is the newer.
    version bigint not null default 1,
    constraint products_sku_key unique (sku),
    constraint products_price_check check (price >= 0),
    -- The last word: whatever a program forgets, nobody sells what is not there.
    constraint products_stock_check check (stock >= 0)
) default character set utf8mb4;

create table orders (
    id bigint not null auto_increment primary key,
    customer_id bigint not null,
    status varchar(20) character set ascii collate ascii_bin not null,
    note varchar(500) not null default '',
    -- In UTC.
    placed_at datetime(6) not null,
    total decimal(12, 2) not null,
    version bigint not null default 1,
    constraint orders_customer_fk foreign key (customer_id) references customers (id),
    constraint orders_status_check check (status in ('PLACED', 'PACKING', 'SENT', 'CANCELLED'))
) default character set utf8mb4;

create table order_lines (
    id bigint not null auto_increment primary key,
    order_id bigint not null,
    product_id bigint not null,
    quantity integer not null,
    -- What was agreed. The product's price may change.
    unit_price decimal(10, 2) not null,
    constraint order_lines_order_fk foreign key (order_id) references orders (id) on delete cascade,
    constraint order_lines_product_fk foreign key (product_id) references products (id),
    constraint order_lines_quantity_check check (quantity > 0)
) default character set utf8mb4;
