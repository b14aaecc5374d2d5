-- Something to look at. Tests bring their own products.
insert into product (sku, name, category, price) values
    ('TEA-SENCHA', 'Sencha, 100 g', 'tea', 8.90),
    ('TEA-ASSAM', 'Assam, 100 g', 'tea', 5.40),
    ('TEA-ROOIBOS', 'Rooibos, 250 g', 'tea', 6.20),
    ('COFFEE-SIDAMO', 'Sidamo, whole beans, 500 g', 'coffee', 13.50),
    ('COFFEE-HUILA', 'Huila, whole beans, 500 g', 'coffee', 12.80),
    ('POT-IRON', 'Iron teapot, 0.8 l', 'pots', 64.00),
    ('POT-GLASS', 'Glass teapot, 1.2 l', 'pots', 29.90),
    ('MILL-HAND', 'Hand mill', 'mills', 49.00);

insert into product_views (product_id) select id from product;
