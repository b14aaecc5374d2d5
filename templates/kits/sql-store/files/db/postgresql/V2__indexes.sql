-- A foreign key has no index of its own here: without these, deleting an order or a product would read all lines.
create index order_lines_order_idx on order_lines (order_id);
create index order_lines_product_idx on order_lines (product_id);
