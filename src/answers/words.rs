//! Words that a name must not be, because a language, a package manager or the repository itself has taken them.

/// Keywords and literals of Java, JLS 25 § 3.9 (contextual keywords are names like any other).
const JAVA: &str = "abstract assert boolean break byte case catch char class const continue default do double else enum extends false final \
    finally float for goto if implements import instanceof int interface long native new null package private protected public \
    return short static strictfp super switch synchronized this throw throws transient true try void volatile while";

/// Keywords of Python 3.14, `keyword.kwlist`.
const PYTHON: &str = "False None True and as assert async await break class continue def del elif else except finally for from global if import in \
    is lambda nonlocal not or pass raise return try while with yield";

/// Reserved words of JavaScript, ECMA-262 § 12.7.2, in modules and strict code.
const JAVASCRIPT: &str = "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally \
    for function if implements import in instanceof interface let new null package private protected public return static super \
    switch this throw true try typeof var void while with yield";

/// Modules of the Python 3.11 standard library, `sys.stdlib_module_names`: a package of that name in the working directory hides them.
const PYTHON_MODULES: &str = "abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2 \
    calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib \
    contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email \
    encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt \
    getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress \
    itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib \
    msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb \
    pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd pyclbr pydoc pyexpat \
    queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal \
    site smtpd smtplib sndhdr socket socketserver spwd sqlite3 ssl stat statistics string stringprep struct subprocess sunau \
    symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token \
    tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv \
    warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/// Core modules of node 20: npm refuses them as names of new packages.
const NODE_MODULES: &str = "assert buffer child-process cluster console constants crypto dgram dns domain events fs http http2 https inspector module net \
    os path perf-hooks process punycode querystring readline repl stream sys timers tls tty url util v8 vm wasi worker-threads \
    zlib";

/// Folders that repositories have already or ignore: a package of that name would meet or lose its files.
const FOLDERS: &str = "bin build dist docs lib node-modules out reports scripts src target test tests venv";

/// Names of servers in compose.yaml: the project stands beside them there.
const SERVERS: &str = "kafka mysql postgresql rabbitmq redis";

/// Whether Java keeps this word.
pub(super) fn java_keeps(word: &str) -> bool {
    holds(JAVA, word)
}

/// The language that keeps this word for itself, if one of Java, Python and JavaScript does.
pub(super) fn keyword_of(word: &str) -> Option<&'static str> {
    [("Java", JAVA), ("Python", PYTHON), ("JavaScript", JAVASCRIPT)]
        .into_iter()
        .find_map(|(language, words)| holds(words, word).then_some(language))
}

/// What would break in a project of this name, if something would.
pub(super) fn taken_by(slug: &str) -> Option<&'static str> {
    [
        (FOLDERS, "the repository has or ignores a folder of that name"),
        (PYTHON_MODULES, "it would hide a module of Python's standard library"),
        (SERVERS, "compose.yaml calls a server that"),
        (NODE_MODULES, "npm keeps it for a core module of node"),
    ]
    .into_iter()
    .find_map(|(words, why)| holds(words, slug).then_some(why))
}

fn holds(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|held| held == word)
}
