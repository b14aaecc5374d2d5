use super::{check, survey, told};
use crate::detect::{detect, is_wanted};
use crate::stack::Stack;

fn stack(files: &[(&str, &str)]) -> Stack {
    detect(&survey(files), None).unwrap().stack
}

const APP: &str = "from flask import Flask\napp = Flask(__name__)\n";

#[test]
fn requirements_that_take_in_others_are_followed() {
    let files = [
        ("requirements.txt", "-r requirements/prod.txt\n-c constraints.txt\n-r gone.txt\n"),
        ("requirements/prod.txt", "-r base.txt\ngunicorn\n"),
        // Each takes in the other.
        ("requirements/base.txt", "-r prod.txt\nflask==3.0\nredis\n"),
        ("constraints.txt", "django<5\n"),
        ("app.py", APP),
    ];
    check(
        &files,
        &[
            "shop in .",
            "python ?",
            "pip",
            "flask 3.0",
            "shop in .: gunicorn --bind 0.0.0.0:8000 app:app :8000?",
            "redis by REDIS_URL",
            ".: no file says which version of Python is wanted",
            "requirements.txt: there are no tests: no file that is called `test_….py`",
            "requirements.txt:3: takes in `gone.txt`, which is not among the project's files: pip will not install this",
        ],
    );
    assert_eq!(stack(&files).includes, ["requirements.txt", "requirements/prod.txt", "requirements/base.txt", "constraints.txt"]);
    // What the image copies anyway needs no words.
    let beside = [("requirements.txt", "-r requirements-base.txt"), ("requirements-base.txt", "flask"), ("app.py", APP)];
    assert!(stack(&beside).includes.is_empty());
    let itself = [("requirements.txt", "flask\n-e .\n"), ("setup.py", ""), ("app.py", APP)];
    assert_eq!(stack(&itself).includes, ["."]);
}

#[test]
fn a_folder_of_requirements_is_a_project_and_has_one_file_for_each_place() {
    let files = [
        ("requirements/base.txt", "django==5.0.9\n"),
        ("requirements/production.txt", "-r base.txt\ngunicorn\n"),
        ("requirements/local.txt", "-r base.txt\npytest\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = \"--ds=config.settings.test\"\n[tool.ruff]\n"),
        ("manage.py", ""),
        ("config/wsgi.py", ""),
        ("shop/tests/test_a.py", ""),
    ];
    let found = stack(&files);
    assert_eq!(found.lock_file.as_deref(), Some("requirements/production.txt"));
    assert_eq!(found.includes, ["requirements/production.txt", "requirements/base.txt"]);
    let test = found.test.expect("tests");
    assert_eq!((test.command.join(" ").as_str(), test.requirements.as_deref()), ("python -m pytest", Some("requirements/local.txt")));
    assert!(test.install.is_empty());

    let only = [("requirements/base.txt", "flask\n"), ("requirements/dev.txt", "pytest\n"), ("app.py", APP), ("test_app.py", "")];
    assert!(only.iter().filter(|(path, _)| path.ends_with(".txt")).all(|(path, _)| is_wanted(path)));
    let found = detect(&survey(&only), None).unwrap();
    assert_eq!(told(&found)[..4], ["shop in .", "python ?", "pip", "flask"]);
    assert_eq!(found.stack.test.expect("tests").install, ["-r", "requirements/dev.txt"]);
}

#[test]
fn a_table_of_a_tool_says_nothing_of_what_is_installed() {
    let files = [("pyproject.toml", "[tool.ruff]\n"), ("requirements-dev.txt", "pytest\n"), ("test_a.py", "")];
    assert_eq!(stack(&files).lock_file.as_deref(), Some("requirements-dev.txt"));
    // What a build declares goes before.
    let declared = [("pyproject.toml", "[project]\nname = 'a'\n"), ("requirements/base.txt", "flask\n"), ("app.py", APP)];
    assert_eq!(stack(&declared).lock_file, None);
}

#[test]
fn django_is_served_and_tested_from_the_folder_of_its_manage_py() {
    let files = |folder: &'static str| {
        let path = |name: &str| format!("{folder}{name}");
        [
            ("requirements.txt".to_owned(), "Django==5.2\ngunicorn\n"),
            (path("manage.py"), ""),
            (path("mysite/wsgi.py"), ""),
            (path("mysite/urls.py"), "path('healthz/', ok)"),
        ]
    };
    for (folder, launch, test) in [
        ("", "gunicorn --bind 0.0.0.0:8000 mysite.wsgi", "python manage.py test"),
        ("src/", "gunicorn --bind 0.0.0.0:8000 --chdir src mysite.wsgi", "python src/manage.py test src"),
        (
            "apps/backend/",
            "gunicorn --bind 0.0.0.0:8000 --chdir apps/backend mysite.wsgi",
            "python apps/backend/manage.py test apps/backend",
        ),
    ] {
        let files = files(folder);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let found = stack(&files);
        assert_eq!(found.modules[0].launch.join(" "), launch);
        assert_eq!(found.modules[0].health_path.as_deref(), Some("/healthz/"));
        assert_eq!(found.test.expect("tests").command.join(" "), test);
        let served = files.iter().map(|(path, text)| (*path, text.trim_end_matches("gunicorn\n")));
        let launch = format!("python {folder}manage.py runserver 0.0.0.0:8000");
        assert_eq!(stack(&served.collect::<Vec<_>>()).modules[0].launch.join(" "), launch);
    }
}

#[test]
fn a_flask_application_is_the_object_that_a_function_makes() {
    const FACTORY: &str = "from flask import Flask\n\n\ndef create_app(test_config=None):\n    app = Flask(__name__)\n    return app\n";
    let launch = |files: &[(&str, &str)]| {
        let files = [&[("requirements.txt", "flask\ngunicorn\n")], files].concat();
        stack(&files).modules[0].launch[3].clone()
    };
    assert_eq!(launch(&[("flaskr/__init__.py", FACTORY)]), "flaskr:create_app()");
    let wsgi = ("wsgi.py", "from inventory import create_app\n\napp = create_app()\n");
    assert_eq!(launch(&[("app/__init__.py", FACTORY), wsgi]), "wsgi:app");
    assert_eq!(launch(&[("app/__init__.py", FACTORY), ("app.py", "x = 1\napplication = app.create_app('a')\n")]), "app:application");
    // It is told.
    let told = |value: &'static str| [("app/__init__.py", FACTORY), wsgi, (".flaskenv", value)];
    assert_eq!(launch(&told("FLASK_DEBUG=1\nFLASK_APP=microblog.py\n")), "microblog:app");
    assert_eq!(launch(&told("export FLASK_APP=app:create_app\n")), "app:create_app()");
    assert_eq!(launch(&told("FLASK_APP=app")), "app:create_app()");
    assert_eq!(launch(&told("FLASK_APP=wsgi")), "wsgi:app");
}

#[test]
fn a_fastapi_that_lies_deeper_is_found_and_else_its_package_is_started() {
    let launch = |files: &[(&str, &str)]| {
        let files = [&[("requirements.txt", "fastapi\n")], files].concat();
        stack(&files).modules[0].launch.join(" ")
    };
    let deep = ("backend/web/application.py", "def get_app() -> FastAPI:\n    app = FastAPI()\n    return app\n");
    let package = ("backend/__main__.py", "uvicorn.run('x', port=int(os.getenv('PORT', '8080')))\n");
    assert_eq!(launch(&[deep, package]), "uvicorn --factory backend.web.application:get_app --host 0.0.0.0 --port 8000");
    assert_eq!(launch(&[package]), "python -m backend");
}

#[test]
fn a_range_of_pythons_is_no_wish_for_one_that_nobody_maintains() {
    let version = |pyproject: &str| stack(&[("pyproject.toml", pyproject), ("app.py", APP)]).language_version;
    assert_eq!(version("[project]\nname = 'a'\nrequires-python = '>=3.8'\n"), "3.10");
    assert_eq!(version("[project]\nname = 'a'\nrequires-python = '>=3.11'\n"), "3.11");
    assert_eq!(version("[tool.poetry.dependencies]\npython = '^3.9'\n"), "3.10");
    let classified = "[project]\nname = 'a'\nrequires-python = '>=3.6'\nclassifiers = ['Programming Language :: Python :: 3.8', 'Programming Language :: Python :: 3.12']\n";
    assert_eq!(version(classified), "3.12");
    // What is pinned is meant.
    assert_eq!(stack(&[("requirements.txt", "flask"), (".python-version", "3.8.20"), ("app.py", APP)]).language_version, "3.8");
}

#[test]
fn a_procfile_says_how_the_server_and_its_workers_are_started() {
    let procfile = "web: flask db upgrade; gunicorn -w 2 microblog:app\nworker: rq worker -u $REDIS_URL tasks\nbeat: celery -A app beat\nrelease: flask db upgrade\nshop: python more.py\n";
    check(
        &[("requirements.txt", "flask\ngunicorn\nredis\nrq\ncelery\n"), ("Procfile", procfile), ("app.py", APP)],
        &[
            "shop in .",
            "python ?",
            "pip",
            "flask",
            "shop in .: gunicorn --bind 0.0.0.0:8000 -w 2 microblog:app :8000?",
            "worker in .: sh -c exec rq worker -u $REDIS_URL tasks",
            "beat in .: celery -A app beat",
            "redis by REDIS_URL",
            ".: no file says which version of Python is wanted",
            "Procfile:1: `flask db upgrade` runs before the server: the image does not run it when it starts",
            "Procfile:4: `flask db upgrade` runs before a release: nothing that is written here runs it",
            "Procfile:5: the process `shop` is not started: `python more.py`",
            "requirements.txt: there are no tests: no file that is called `test_….py`",
        ],
    );
}

#[test]
fn a_queue_without_a_worker_is_told() {
    let notes = |files: &[(&str, &str)]| {
        let files =
            [&[("requirements.txt", "flask\ncelery\n"), ("app.py", APP), ("test_app.py", ""), (".python-version", "3.13")], files].concat();
        detect(&survey(&files), None).unwrap().notes.into_iter().map(|note| format!("{}: {}", note.place, note.message)).collect::<Vec<_>>()
    };
    let told =
        "requirements.txt:2: nothing says how the worker of `celery` is started: a `Procfile` with `worker: celery -A NAME worker` does";
    assert_eq!(notes(&[]), [told]);
    assert!(notes(&[("Procfile", "worker: celery -A app worker\n")]).is_empty());
}

#[test]
fn django_is_asked_by_a_host_that_it_allows() {
    let found = |settings: &str| {
        let found = detect(
            &survey(&[
                ("requirements.txt", "Django==5.1\ngunicorn\n"),
                ("manage.py", ""),
                ("proj/settings/production.py", settings),
                // What is for development decides nothing.
                ("proj/settings/local.py", "ALLOWED_HOSTS = ['*']"),
                ("proj/wsgi.py", ""),
                ("proj/urls.py", "path('healthz/', ok)"),
                (".python-version", "3.12"),
            ]),
            None,
        )
        .unwrap();
        let notes = found.notes.into_iter().map(|note| note.message.split(':').next().unwrap_or_default().to_owned()).collect::<Vec<_>>();
        (found.stack.modules[0].health_host.clone(), notes)
    };
    let none = Vec::<String>::new();
    assert_eq!(found("ALLOWED_HOSTS=[\n  '.example.com',\n]"), (Some("example.com".to_owned()), none.clone()));
    assert_eq!(found("ALLOWED_HOSTS = ['localhost', '127.0.0.1']"), (None, none.clone()));
    assert_eq!(found("ALLOWED_HOSTS = ['*']"), (None, none.clone()));
    assert_eq!(found("DEBUG = False\n"), (None, none.clone()));
    assert_eq!(found("ALLOWED_HOSTS = os.environ.get('HOSTS', 'localhost,127.0.0.1').split(',')"), (None, none));
    assert_eq!(found("ALLOWED_HOSTS = []").1, ["allows no host"]);
    let told = found("ALLOWED_HOSTS = env.list('DJANGO_ALLOWED_HOSTS', default=['example.com'])");
    assert_eq!(told, (None, vec!["`DJANGO_ALLOWED_HOSTS` has to name `localhost` and `127.0.0.1` too".to_owned()]));
}

#[test]
fn the_server_of_a_queue_is_told_by_the_names_that_its_settings_read() {
    let settings = "CELERY_BROKER_URL = os.environ.get(\"CELERY_BROKER_URL\", \"redis://localhost:6379/0\")\nCELERY_RESULT_BACKEND = os.environ[\"CELERY_RESULT_BACKEND\"]\n";
    for requirements in ["flask\ncelery[redis]>=5\n", "flask\nCelery [redis,sqs]\n"] {
        let found = stack(&[("requirements.txt", requirements), ("app.py", APP), ("settings.py", settings)]);
        let [redis] = found.services.as_slice() else { panic!("{:?}", found.services) };
        let told: Vec<String> = redis.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(told, ["CELERY_BROKER_URL=redis://{host}:{port}/0", "CELERY_RESULT_BACKEND=redis://{host}:{port}"]);
    }
    let poetry = "[tool.poetry.dependencies]\nflask = '*'\ncelery = { version = '^5', extras = ['redis'] }\n";
    assert_eq!(stack(&[("pyproject.toml", poetry), ("app.py", APP)]).services[0].kind, "redis");
}

/// The notes of a program that has all else that one wants to know.
fn notes(files: &[(&str, &str)]) -> Vec<String> {
    let files = [&[("test_app.py", ""), (".python-version", "3.13")], files].concat();
    let found = detect(&survey(&files), None).unwrap();
    found.notes.into_iter().map(|note| format!("{}: {}", note.place, note.message.split(':').next().unwrap_or_default())).collect()
}

#[test]
fn what_pdm_and_hatch_list_for_the_tests_is_installed_by_pip() {
    let project = "[project]\nname = 'hooks'\ndependencies = ['flask']\n";
    let pdm = format!(
        "{project}[tool.pdm.dev-dependencies]\nlint = ['ruff']\ntest = ['pytest>=8', 'respx']\n[tool.pdm.scripts]\ntest = 'pytest -q'\n"
    );
    let hatch =
        format!("{project}[tool.hatch.envs.default]\ndependencies = ['pytest']\n[tool.hatch.envs.default.scripts]\ntest = 'pytest'\n");
    let groups = format!("{project}[dependency-groups]\ntest = ['pytest']\n");
    for (pyproject, expected) in
        [(&pdm, &[".", "pytest>=8", "respx"][..]), (&hatch, &[".", "pytest"]), (&groups, &[".", "--group", "test"])]
    {
        let test = stack(&[("pyproject.toml", pyproject), ("app.py", APP), ("tests/test_a.py", "")]).test.expect("tests");
        assert_eq!(
            (test.command.join(" ").as_str(), test.install.iter().map(String::as_str).collect::<Vec<_>>()),
            ("python -m pytest", expected.to_vec())
        );
    }
    assert_eq!(notes(&[("pyproject.toml", &pdm), ("pdm.lock", ""), ("app.py", APP)]), ["pdm.lock: is not used"]);
}

#[test]
fn a_database_that_is_a_file_is_told() {
    let sqlite = ("settings.py", "# sqlite:///no.db\nURL = 'sqlite:///app.db'\n");
    assert_eq!(notes(&[("requirements.txt", "flask"), ("app.py", APP), sqlite]), ["settings.py:2: the database is a file of SQLite"]);
    assert!(notes(&[("requirements.txt", "flask\npsycopg"), ("app.py", APP), sqlite]).is_empty());
    assert!(notes(&[("requirements.txt", "flask"), ("app.py", APP), ("settings.py", "URL = 'sqlite:///:memory:'")]).is_empty());
}

#[test]
fn a_site_of_documentation_is_told() {
    let files = [("requirements.txt", "mkdocs-material==9.5.40"), ("mkdocs.yml", "site_name: Docs\n")];
    assert_eq!(notes(&files), ["mkdocs.yml: is a site that MkDocs builds"]);
}
