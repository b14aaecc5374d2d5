-- A customer's newest orders: the index has them in this order.
create index orders_customer_idx on orders (customer_id, id desc);

-- Partial: of all orders a few are open, and only those are in it. It stays small, and an order leaves it when it is packed.
create index orders_open_idx on orders (id) where status = 'PLACED';

-- Covering: a report over days reads the index, and not the table.
create index orders_day_idx on orders (placed_at) include (status, total);
