//! Node.js: what is started, where it listens, and what is said of both.

use super::{Detection, detect, survey};

const EXPRESS: &str = "const app = require('express')();\napp.get('/health', ok);\napp.listen(process.env.PORT || 3000);\n";

/// A package for Node.js 22 with these members of its `package.json`.
fn package(members: &str) -> String {
    format!(r#"{{"name": "svc", "engines": {{"node": "22"}}, {members}}}"#)
}

fn found(package: &str, files: &[(&str, &str)]) -> Detection {
    detect(&survey(&[&[("package.json", package)], files].concat()), None).unwrap()
}

/// The only module: how it is started, with a `?` where that is a guess, and where it listens.
fn started(found: &Detection) -> String {
    let Some(module) = found.stack.modules.first() else { return String::new() };
    let guess = if found.stack.origins.contains_key(&format!("modules.{}.launch", module.name)) { "?" } else { "" };
    let port = module.port.map_or_else(String::new, |port| format!(" :{port}"));
    let words = [&module.port_variable, &module.host_variable, &module.health_path].into_iter().flatten();
    let rest = words.map(|word| format!(" {word}")).collect::<Vec<_>>().concat();
    format!("{}{guess}{port}{rest}", module.launch.join(" "))
}

fn notes(found: &Detection) -> Vec<String> {
    let others = ["has no script", "no file says which version"];
    let notes = found.notes.iter().filter(|note| !others.iter().any(|other| note.message.starts_with(other)));
    notes.map(|note| format!("{}: {}", note.place, note.message)).collect()
}

#[test]
fn what_is_started_is_in_the_image() {
    let nest = r#""dependencies": {"@nestjs/core": "11"}, "devDependencies": {"@nestjs/cli": "11"}"#;
    let dev =
        r#""dependencies": {"express": "5"}, "devDependencies": {"nodemon": "3", "tsx": "4", "ts-node": "10", "prisma": "6", "pm2": "5"}"#;
    for (scripts, members, file, wanted) in [
        (r#""build": "nest build", "start": "nest start", "start:prod": "node dist/main""#, nest, "src/main.ts", "node dist/main"),
        (r#""build": "nest build", "start": "nest start""#, nest, "src/main.ts", "node dist/main?"),
        (r#""start": "nodemon server.js""#, dev, "server.js", "node server.js"),
        (r#""start": "nodemon""#, dev, "app.js", "node app.js"),
        (r#""start": "nodemon --exec 'ts-node src/index.ts'""#, dev, "src/index.ts", "node src/index.ts?"),
        (r#""build": "tsc", "start": "tsx src/index.ts""#, dev, "src/index.ts", "node dist/index.js?"),
        (r#""start": "ts-node src/index.ts""#, dev, "src/index.ts", "node src/index.ts?"),
        (r#""start": "tsx src/index.ts""#, r#""dependencies": {"tsx": "4"}"#, "src/index.ts", "npm start"),
        (r#""start": "npm run serve", "serve": "NODE_ENV=production node ./src/boot.js""#, dev, "src/boot.js", "node ./src/boot.js"),
        (r#""start": "cross-env NODE_ENV=production node server""#, dev, "server.js", "node server"),
        (r#""start": "prisma migrate deploy && node server.js""#, dev, "server.js", "node server.js?"),
        (r#""start": "npm run lint && node server.js""#, dev, "server.js", "npm start"),
        (r#""start": "pm2-runtime pm2.config.js""#, dev, "server.js", "node server.js?"),
        (r#""start": "nodemon", "start:prod": "NODE_ENV=staging sh run.sh | cat""#, dev, "server.js", "node server.js"),
        (r#""start:prod": "sh run.sh""#, dev, "server.js", "npm run start:prod"),
        (r#""start": "node --env-file=.env --watch server.js""#, dev, "server.js", "node server.js"),
        (r#""start": "node --env-file config/prod.env server.js""#, dev, "server.js", "node --env-file=config/prod.env server.js"),
        (r#""start": "PORT=8080 node server.js""#, dev, "server.js", "node server.js"),
    ] {
        let found = found(&package(&format!("\"scripts\": {{{scripts}}}, {members}")), &[(file, EXPRESS), ("config/prod.env", "")]);
        let port = if scripts.contains("PORT=") { 8080 } else { 3000 };
        assert_eq!(started(&found), format!("{wanted} :{port} PORT /health"), "{scripts}");
    }
}

#[test]
fn what_compiles_says_where_to() {
    let scripts = r#""scripts": {"build": "tsc", "start": "ts-node src/api/index.ts"}, "devDependencies": {"ts-node": "10"}"#;
    let config = "{\n  \"compilerOptions\": {\n    // \"outDir\": \"./x\",\n    \"outDir\": \"./build\"\n  }\n}\n";
    let files = [("tsconfig.json", config), ("src/api/index.ts", EXPRESS)];
    assert_eq!(started(&found(&package(scripts), &files)), "node build/api/index.js? :3000 PORT /health");
    let main = package(&format!(r#""main": "out/server.js", {scripts}"#));
    assert_eq!(started(&found(&main, &files)), "node out/server.js? :3000 PORT /health");
}

#[test]
fn a_server_for_development_is_no_module() {
    for (start, build) in
        [("react-scripts start", "react-scripts build"), ("astro dev", "astro build"), ("docusaurus start", "docusaurus build")]
    {
        let found =
            found(&package(&format!(r#""scripts": {{"start": "{start}", "build": "{build}", "test": "x"}}"#)), &[("src/index.js", "")]);
        let program = start.split(' ').next().unwrap();
        assert_eq!(started(&found), "", "{start}");
        let note = format!(
            "package.json:1: is a site that `{program}` builds, and its own server is for development only: no image is made of it; deliver the \
             files that `npm run build` makes by a web server, or `--set launch=COMMAND --set port=PORT` says what serves them"
        );
        assert_eq!(notes(&found), [note]);
    }
    let vite = found(&package(r#""scripts": {"dev": "vite", "build": "tsc && vite build"}"#), &[("src/main.js", ""), ("index.html", "")]);
    assert_eq!((started(&vite), notes(&vite).len()), (String::new(), 1));
    let bun = found(&package(r#""scripts": {"start": "bun run src/index.ts"}"#), &[("src/index.ts", "")]);
    assert_eq!(
        notes(&bun),
        [
            "package.json:1: `npm start` runs `bun`, which is not Node.js and not in the image: `--set launch=COMMAND` says what is started instead"
        ]
    );
}

#[test]
fn what_is_left_out_of_a_script_is_told() {
    let of =
        |start: &str| notes(&found(&package(&format!(r#""scripts": {{"start": "{start}"}}, "devDependencies": {{"prisma": "6"}}"#)), &[]));
    assert_eq!(
        of("node --env-file=.env server.js"),
        [
            "package.json:1: `--env-file=.env` is left out of what the image starts: that file is not in it; what it says is given to the container"
        ]
    );
    assert_eq!(
        of("prisma migrate deploy && node server.js"),
        [
            "package.json:1: needs what `devDependencies` bring, which is not in the image: of this script only the last command is started there"
        ]
    );
}

#[test]
fn nuxt_is_started_by_what_it_packs() {
    for start in ["", r#", "start": "nuxt start""#] {
        let package = package(&format!(r#""scripts": {{"build": "nuxt build"{start}}}, "dependencies": {{"nuxt": "3.15.0"}}"#));
        assert_eq!(started(&found(&package, &[("app.vue", "")])), "node .output/server/index.mjs :3000 PORT", "{start}");
    }
}

#[test]
fn the_port_is_said_where_the_entry_is_and_beside_it() {
    let zod = "export const env = z.object({\n  PORT: z.coerce.number().default(3001),\n}).parse(process.env);\n";
    let config = "export const config = {\n  port: parseInt(process.env.PORT || '4000', 10),\n  db: { port: 3306 },\n};\n";
    let bin = "#!/usr/bin/env node\nvar port = normalizePort(process.env.PORT || '3000');\nserver.listen(port);\n";
    let app = "app.get('/health', ok);\napp.listen(env.PORT);\n";
    let nest = "const config = app.get(ConfigService);\nawait app.listen(config.get<number>('PORT', 3333));\n";
    let beside = "m.get('/metrics', ok);\nm.listen(9090);\napp.get('/health', ok);\napp.listen(3000);\n";
    let comment = "// app.listen(9000)\nconst x = 1; // process.env.PORT || 7000\napp.listen(3000);\n";
    for (start, files, wanted) in [
        ("node dist/index.js", &[("src/index.ts", app), ("src/env.ts", zod)][..], ":3001 PORT /health"),
        ("node dist/index.js", &[("src/index.ts", app), ("src/config.ts", config)], ":4000 PORT /health"),
        ("node dist/server.js", &[("src/server.ts", app), ("src/config/env.ts", config)], ":4000 PORT /health"),
        ("node index.js", &[("index.js", app), ("config/default.js", config)], ":4000 PORT /health"),
        ("node ./bin/www", &[("bin/www", bin), ("app.js", "app.get('/healthz', ok);\n")], ":3000 PORT /healthz"),
        ("node ./src/boot.js", &[("src/boot.js", EXPRESS)], ":3000 PORT /health"),
        ("node src/boot", &[("src/boot.js", EXPRESS)], ":3000 PORT /health"),
        ("node dist/boot.js", &[("src/boot.ts", EXPRESS)], ":3000 PORT /health"),
        ("node dist/main", &[("src/main.ts", nest)], ":3333 PORT"),
        ("node index.js", &[("index.js", beside)], ":3000 /health"),
        ("node index.js", &[("index.js", comment)], ":3000"),
        ("node index.js", &[("index.js", "app.get('/health', ok);\n"), ("server.js", "app.get('/up', ok);\napp.listen(80);\n")], ":80 /up"),
    ] {
        let package = package(&format!(r#""scripts": {{"start": "{start}"}}"#));
        assert_eq!(started(&found(&package, files)), format!("{start} {wanted}"), "{files:?}");
    }
}

#[test]
fn fastify_by_its_own_command() {
    let of = |options: &str| {
        let package =
            package(&format!(r#""scripts": {{"start": "fastify start {options}app.js"}}, "dependencies": {{"fastify-cli": "7"}}"#));
        started(&found(&package, &[("app.js", "fastify.get('/health', ok)\n")]))
    };
    assert_eq!(of("-l info "), "node_modules/.bin/fastify start -l info app.js :3000 PORT FASTIFY_ADDRESS /health");
    assert_eq!(of("-p 8080 -a 0.0.0.0 "), "node_modules/.bin/fastify start -p 8080 -a 0.0.0.0 app.js :8080 /health");
}

#[test]
fn next_listens_where_its_script_says() {
    let root = package(r#""scripts": {"build": "next build", "start": "next start -p 8080"}, "dependencies": {"next": "15.0.0"}"#);
    assert_eq!(started(&found(&root, &[])), "node_modules/.bin/next start :8080 PORT");
    assert_eq!(started(&found(&root.replace("8080", "$PORT"), &[])), "node_modules/.bin/next start :3000 PORT");
    let packed = [("next.config.mjs", "export default {\n  output: 'standalone',\n};\n")];
    assert_eq!(started(&found(&root, &packed)), "node server.js :8080 PORT HOSTNAME");
    let workspace = package(r#""workspaces": ["apps/*"]"#);
    assert_eq!(started(&found(&workspace, &[("apps/web/package.json", &root)])), "npm start :8080");
}

#[test]
fn who_listens_on_the_loopback_address_only_is_told() {
    let note = |line: usize| {
        vec![format!(
            "server.js:{line}: listens on the loopback address only, and in a container nobody outside can connect to that: `host: '0.0.0.0'` lets \
             it listen everywhere"
        )]
    };
    for (library, code, wanted, noted) in [
        ("fastify", "app.listen({ port: 3000 });\n", ":3000", note(1)),
        ("fastify", "app.listen({ port: 3000, host: '0.0.0.0' });\n", ":3000", vec![]),
        ("fastify", "app.listen({\n  port: 3000,\n  host: HOST,\n});\n", ":3000", vec![]),
        ("@nestjs/platform-fastify", "await app.listen(process.env.PORT ?? 3000);\n", ":3000 PORT", note(1)),
        ("express", "app.listen(3000);\n", ":3000", vec![]),
        ("express", "app.listen(3000, '127.0.0.1');\n", ":3000", note(1)),
        ("express", "app.listen(3000, process.env.HOST ?? 'localhost');\n", ":3000 HOST", vec![]),
        ("express", "const hostname = '127.0.0.1';\nconst port = 3000;\nserver.listen(port, hostname, () => {});\n", ":3000", note(1)),
        ("express", "const host = 'localhost';\nconst db = connect(host);\napp.listen(3000);\n", ":3000", vec![]),
    ] {
        let package = package(&format!(r#""scripts": {{"start": "node server.js"}}, "dependencies": {{"{library}": "5"}}"#));
        let found = found(&package, &[("server.js", code)]);
        assert_eq!((started(&found), notes(&found)), (format!("node server.js {wanted}"), noted), "{code}");
    }
}

#[test]
fn the_client_of_prisma_is_made_where_no_script_does() {
    let schema = "datasource db {\n  provider = \"postgresql\"\n}\n";
    let config = "export default defineConfig({ datasource: { url: env('DATABASE_URL') } });\n";
    let members = |build: &str| {
        package(&format!(
            r#""scripts": {{"build": "{build}", "start": "node server.js"}}, "dependencies": {{"@prisma/client": "7"}}, "devDependencies": {{"prisma": "7"}}"#
        ))
    };
    let of = |package: &str, files: &[(&str, &str)]| {
        let stack = found(package, files).stack;
        assert_eq!(stack.services.len(), 1, "{files:?}");
        stack.generate.iter().map(|one| one.command.join(" ")).collect::<Vec<_>>()
    };
    let (own, with_script) = (members("tsc"), members("prisma generate && tsc"));
    let schema = ("prisma/schema.prisma", schema);
    assert_eq!(of(&own, &[schema]), ["npx prisma generate"]);
    assert_eq!(of(&own, &[schema, ("pnpm-lock.yaml", "")]), ["pnpm exec prisma generate"]);
    assert_eq!(of(&own, &[schema, ("yarn.lock", "")]), ["yarn run prisma generate"]);
    assert_eq!(of(&own, &[schema, ("prisma.config.ts", config)]), ["env DATABASE_URL=postgresql://localhost/none npx prisma generate"]);
    assert_eq!(of(&with_script, &[schema]), Vec::<String>::new());
    let member = [("apps/api/package.json", own.as_str()), ("apps/api/prisma/schema.prisma", schema.1)];
    for (lock, command) in [
        ("package-lock.json", "npm exec --workspace apps/api -- prisma generate"),
        ("pnpm-lock.yaml", "pnpm --dir apps/api exec prisma generate"),
        ("yarn.lock", "yarn workspace svc run prisma generate"),
    ] {
        let workspace = ("pnpm-workspace.yaml", "packages:\n  - apps/*\n");
        let files = [&member[..], &[(lock, ""), workspace]].concat();
        assert_eq!(of(&package(r#""private": true"#), &files), [command]);
    }
}

#[test]
fn a_database_in_a_file_needs_a_place_that_can_be_written() {
    let package = package(r#""scripts": {"start": "node server.js"}, "dependencies": {"better-sqlite3": "11"}"#);
    let notes = notes(&found(&package, &[]));
    assert!(notes.len() == 1 && notes[0].starts_with("package.json:1: keeps its data in a file"), "{notes:?}");
}

#[test]
fn examples_of_the_environment_name_what_no_code_does() {
    let environment = |dependencies: &str, files: &[(&str, &str)]| {
        let package = package(&format!(r#""scripts": {{"start": "node server.js"}}, "dependencies": {{{dependencies}}}"#));
        let stack = found(&package, files).stack;
        let sure = |kind: &str, name: &str| stack.origins.get(&format!("services.{kind}.{name}")).is_none_or(|origin| origin.certain);
        let told = stack.services.iter().flat_map(|service| {
            service.environment.iter().map(|(name, value)| format!("{name}={value}{}", if sure(&service.kind, name) { "" } else { "?" }))
        });
        told.collect::<Vec<_>>()
    };
    let (mysql, redis) = (r#""mysql2": "3""#, r#""redis": "4""#);
    let example = ".env.example";
    assert_eq!(
        environment(mysql, &[(example, "# TYPEORM_PORT=3306\nTYPEORM_HOST=localhost\nTYPEORM_DATABASE=app\nJWT_SECRET=x\n")]),
        ["TYPEORM_DATABASE={database}?", "TYPEORM_HOST={host}?"]
    );
    assert_eq!(
        environment(
            redis,
            &[(".env.sample", "CELERY_BROKER_URL=redis://localhost:6379/0\nCELERY_RESULT_BACKEND=\"redis://localhost:6379/1\"\n")]
        ),
        ["CELERY_BROKER_URL=redis://{host}:{port}/0?", "CELERY_RESULT_BACKEND=redis://{host}:{port}/1?"]
    );
    // The code goes before.
    let code = ("src/redis.ts", "new Redis(process.env.REDIS_URL);\n");
    assert_eq!(environment(redis, &[(example, "REDIS_HOST=localhost\nREDIS_PORT=6379\n"), code]), ["REDIS_URL=redis://{host}:{port}"]);
    // What was written here says nothing new.
    let own = include_str!("../../../templates/features/compose/files/secrets/.env.example.hbs").lines().next().unwrap();
    let usual = environment(mysql, &[]);
    assert_eq!(environment(mysql, &[(example, &format!("{own}\nMYSQL_PASSWORD=\nMYSQL_HOST=x\n"))]), usual);
    assert_eq!(environment(mysql, &[(example, "MYSQL_PASSWORD=\nPORT=1\n")]), usual);
}

#[test]
fn a_site_that_is_built_is_not_delivered_as_it_is() {
    let refused = |paths: &[&str]| {
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (*path, "")).collect();
        detect(&survey(&files), None).err().map(|error| error.to_string())
    };
    for (paths, file, name) in [
        (&["hugo.toml", "content/_index.md", "layouts/index.html"][..], "hugo.toml", "Hugo"),
        (&["config.toml", "content/_index.md", "themes/x/package.json"], "config.toml", "Hugo"),
        (&["_config.yml", "index.html", "_layouts/default.html"], "_config.yml", "Jekyll"),
        (&["site/_config.yml", "site/index.html"], "site/_config.yml", "Jekyll"),
    ] {
        let message = format!("`{file}`: this is a site that {name} builds, and nothing is made for its sources");
        assert_eq!(refused(paths), Some(message), "{paths:?}");
    }
    assert_eq!(refused(&["config.toml", "index.html"]), None);
    assert_eq!(refused(&["app/go.mod", "docs/_config.yml", "docs/index.html"]), None, "documentation beside a program");
    assert_eq!(refused(&["go.mod", "hugo.toml"]), None);
}
