-- Something to look at. Tests bring what they need.
insert into customers (email, name) values
    ('ada@example.com', 'Ada Lovelace'),
    ('grace@example.com', 'Grace Hopper');

insert into products (sku, name, category, price, stock) values
    ('TEA-SENCHA', 'Sencha, 100 g', 'tea', 8.90, 500),
    ('TEA-ASSAM', 'Assam, 100 g', 'tea', 5.40, 500),
    ('TEA-ROOIBOS', 'Rooibos, 250 g', 'tea', 6.20, 500),
    ('COFFEE-SIDAMO', 'Sidamo, whole beans, 500 g', 'coffee', 13.50, 200),
    ('COFFEE-HUILA', 'Huila, whole beans, 500 g', 'coffee', 12.80, 200),
    ('POT-IRON', 'Iron teapot, 0.8 l', 'pots', 64.00, 20),
    ('POT-GLASS', 'Glass teapot, 1.2 l', 'pots', 29.90, 30),
    ('MILL-HAND', 'Hand mill', 'mills', 49.00, 40);
