// Does what a declarative Jenkinsfile says, as far as the generated ones go: no Jenkins can be had without its update site. It is strict: a
// section, an option or a step that it does not know is an error that names it, and so is one that stands where Jenkins refuses it.
//
// `groovy.ui.GroovyMain Pipeline.groovy JENKINSFILE WORKSPACE [STAGE]`: the workspace is where the repository is checked out. Shell steps run for
// real: on this machine, or in a container of the agent's image as the Docker Pipeline plugin starts it, with `sh -xe` as Jenkins does. Exit
// status 1 if a stage failed, 2 if the file is wrong.

import groovy.io.FileType
import java.nio.file.FileSystems
import javax.xml.parsers.DocumentBuilderFactory
import org.codehaus.groovy.control.CompilationFailedException

class Wrong extends RuntimeException {
    Wrong(String why) { super(why) }
}

class Failed extends RuntimeException {
    Failed(String why) { super(why) }
}

/** Where steps run: this machine or a container, with what stands in the environment there. */
class Place {
    File workspace
    Map<String, String> environment = [:]
    String container
    /** Of the user that has no home in a container, as Jenkins' own has none in most images. */
    static final String USER = '1000:1000'

    Place with(Map<String, String> more) {
        new Place(workspace: workspace, environment: environment + more, container: container)
    }

    /** The same in a container of the image, which is removed afterwards. */
    void inContainer(String image, String arguments, Closure work) {
        // A new one even where the stage is in one already.
        def temporary = "${workspace}@tmp"
        new File(temporary).mkdirs()
        run(['chown', '-R', USER, workspace.path, temporary])
        def words = ['docker', 'run', '--detach', '--tty', '--user', USER, '--workdir', workspace.path]
        words += ['--volume', "$workspace:$workspace:rw", '--volume', "$temporary:$temporary:rw"]
        words += arguments.tokenize()
        environment.each { name, value -> words += ['--env', "$name=$value"] }
        def started = run(words + ['--entrypoint', 'cat', image]).trim()
        try {
            work(new Place(workspace: workspace, environment: environment, container: started))
        } finally {
            run(['docker', 'rm', '--force', '--volumes', started])
        }
    }

    private static String run(List words) {
        def process = new ProcessBuilder(words*.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        def text = process.inputStream.text
        if (process.waitFor() != 0) throw new Failed("${words.join(' ')} ended with ${process.exitValue()}")
        text
    }

    void sh(String script) {
        def words = ['sh', '-xe', '-c', script]
        if (container) {
            def given = environment.collectMany { name, value -> ['--env', "$name=$value".toString()] }
            words = ['docker', 'exec', '--workdir', workspace.path] + given + [container] + words
        }
        def builder = new ProcessBuilder(words*.toString()).directory(workspace).redirectErrorStream(true)
        builder.environment().putAll(environment)
        def process = builder.redirectOutput(ProcessBuilder.Redirect.INHERIT).start()
        if (process.waitFor() != 0) throw new Failed("a script ended with ${process.exitValue()}")
    }

    /** Files below the workspace that the patterns name, which are Ant's: `**` is any number of folders, none too. */
    List<File> files(String patterns) {
        def matchers = patterns.tokenize(', ').collectMany { [it, it.replace('**/', '')] }.collect { FileSystems.default.getPathMatcher("glob:$it") }
        def found = []
        workspace.eachFileRecurse(FileType.FILES) { file ->
            if (matchers.any { it.matches(workspace.toPath().relativize(file.toPath())) }) found << file
        }
        found
    }
}

/** What stands between braces: words that set something, and nothing else. */
abstract class Section {
    abstract String title()

    void read(Closure body) {
        body.delegate = this
        body.resolveStrategy = Closure.DELEGATE_ONLY
        body.call()
    }

    def methodMissing(String name, arguments) { throw new Wrong("`$name` does not belong into ${title()}") }

    def propertyMissing(String name) { throw new Wrong("nothing is called `$name` in ${title()}") }

    def propertyMissing(String name, value) { throw new Wrong("`$name` cannot be set in ${title()}") }
}

class Options extends Section {
    String title() { 'options' }

    void buildDiscarder(Map rule) { if (!rule) throw new Wrong('buildDiscarder without a rule') }

    Map logRotator(Map rule) {
        def unknown = rule.keySet() - ['numToKeepStr', 'daysToKeepStr', 'artifactNumToKeepStr', 'artifactDaysToKeepStr']
        if (unknown) throw new Wrong("logRotator does not know $unknown")
        rule
    }

    void disableConcurrentBuilds(Map rule = [:]) { }

    void timeout(Map limit) {
        if (!(limit.time instanceof Integer) || !(limit.unit in ['SECONDS', 'MINUTES', 'HOURS', 'DAYS'])) throw new Wrong("timeout of $limit")
    }

    void skipDefaultCheckout(boolean skip = true) { }

    void timestamps() { }
}

class Agent extends Section {
    String label, image, args = ''
    boolean reuseNode
    Place place

    String title() { 'agent' }

    void label(String name) { label = name }

    void docker(Closure body) { read(body) }

    void image(Object name) { image = name }

    void args(Object words) { args = words }

    void reuseNode(boolean same) { reuseNode = same }

    def propertyMissing(String name) { Steps.variable(place, name, title()) }
}

class Environment extends Section {
    Map<String, String> found = [:]
    Place place

    String title() { 'environment' }

    def propertyMissing(String name) { found.containsKey(name) ? found[name] : Steps.variable(place, name, title()) }

    def propertyMissing(String name, value) { found[name] = value.toString() }

    void setProperty(String name, value) { found[name] = value.toString() }
}

class Steps extends Section {
    Place place
    List<String> said

    String title() { 'steps' }

    static variable(Place place, String name, String where) {
        if (name == 'env') return place.environment
        if (place.environment.containsKey(name)) return place.environment[name]
        throw new Wrong("nothing is called `$name` in $where")
    }

    def propertyMissing(String name) { variable(place, name, title()) }

    void sh(Object script) { place.sh(script.toString().stripIndent()) }

    void echo(Object text) { println text }

    void junit(Map what) {
        def unknown = what.keySet() - ['testResults', 'allowEmptyResults']
        if (unknown || !what.testResults) throw new Wrong("junit of $what")
        def reports = place.files(what.testResults)
        if (!reports && !what.allowEmptyResults) throw new Failed("no report matches $what.testResults")
        def count = { String name -> reports.sum(0) { DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(it).getElementsByTagName(name).length } }
        println "junit: ${reports.size()} reports, ${count('testcase')} tests, ${count('failure') + count('error')} failed"
    }

    void archiveArtifacts(Map what) {
        def unknown = what.keySet() - ['artifacts', 'allowEmptyArchive', 'fingerprint']
        if (unknown || !what.artifacts) throw new Wrong("archiveArtifacts of $what")
        def found = place.files(what.artifacts)
        if (!found && !what.allowEmptyArchive) throw new Failed("nothing matches $what.artifacts")
        println "archived: ${found.size()} files"
    }
}

class Post extends Section {
    static final List<String> ORDER = ['always', 'failure', 'success', 'unsuccessful', 'cleanup']
    Map<String, Closure> found = [:]

    String title() { 'post' }

    def methodMissing(String name, arguments) {
        if (!(name in ORDER)) throw new Wrong("`$name` does not belong into post")
        if (found.containsKey(name)) throw new Wrong("`$name` stands twice in post")
        found[name] = (Closure) arguments[0]
    }

    /** All that apply, even where one of them fails. */
    boolean end(Place place, boolean isGood) {
        ORDER.findAll { it in found.keySet() && (it in ['always', 'cleanup'] || (it == 'success') == isGood) }.inject(isGood) { good, name ->
            def steps = new Steps(place: place)
            try {
                steps.read(found[name])
                good
            } catch (Failed failed) {
                println "post $name: $failed.message"
                false
            }
        }
    }
}

class Axes extends Section {
    String name
    List<String> values

    String title() { 'axes' }

    void axis(Closure body) {
        if (values) throw new Wrong('two axes: nobody has tried that')
        read(body)
    }

    void name(String name) { this.name = name }

    void values(String... values) { this.values = values }
}

class Stages extends Section {
    List<Stage> found = []

    String title() { 'stages' }

    void stage(String name, Closure body) {
        if (found.any { it.name == name }) throw new Wrong("two stages `$name`")
        def stage = new Stage(name: name)
        stage.read(body)
        stage.settle()
        found << stage
    }
}

class Stage extends Section {
    String name
    /** Of what each may be there once, what stands in it. */
    Map<String, Closure> parts = [:]
    Stages inner
    Axes axes
    boolean isPipeline, isMatrix

    String title() { isPipeline ? 'pipeline' : isMatrix ? "the matrix of stage `$name`" : "stage `$name`" }

    private void part(String key, Closure body) {
        if (parts.containsKey(key)) throw new Wrong("`$key` stands twice in ${title()}")
        parts[key] = body
    }

    void agent(Object what) { part('agent', what instanceof Closure ? what : null) }

    /** `agent none` and `agent any`. */
    Object getNone() { 'none' }

    Object getAny() { 'any' }

    void options(Closure body) {
        part('options', body)
        new Options().read(body)
    }

    void environment(Closure body) { part('environment', body) }

    void steps(Closure body) { part('steps', body) }

    void post(Closure body) { part('post', body) }

    void stages(Closure body) {
        part('stages', body)
        inner = new Stages()
        inner.read(body)
    }

    void matrix(Closure body) {
        part('matrix', body)
        def cell = new Stage(name: name, isMatrix: true)
        cell.read(body)
        cell.settle()
        inner = new Stages(found: [cell])
    }

    void axes(Closure body) {
        if (!isMatrix) throw new Wrong("`axes` does not belong into ${title()}")
        part('axes', body)
        axes = new Axes()
        axes.read(body)
        if (!axes.name || !axes.values) throw new Wrong("an axis of ${title()} lacks its name or its values")
    }

    void settle() {
        def ways = ['steps', 'stages', 'matrix'].findAll { parts.containsKey(it) }
        if (ways.size() != 1) throw new Wrong("${title()} has ${ways ?: 'neither steps nor stages'}: one of them must be there")
        if (isPipeline && ways != ['stages']) throw new Wrong('a pipeline has stages')
        if (isPipeline && !parts.containsKey('agent')) throw new Wrong('a pipeline says its agent, or none')
        if (isMatrix && !axes) throw new Wrong("${title()} has no axes")
    }

    /** Whether it went well. After one stage has failed the next ones are skipped, in each cell of a matrix for itself. */
    boolean run(Place given, String only) {
        if (isMatrix) return axes.values.collect { value -> inside(given.with([(axes.name): value]), only, "$name, $axes.name = $value") }.every()
        inside(given, only, name)
    }

    private boolean inside(Place given, String only, String shown) {
        if (!isPipeline) println "--- stage $shown"
        def place = given
        if (parts.environment) {
            def environment = new Environment(place: place)
            environment.read(parts.environment)
            place = place.with(environment.found)
        }
        def agent = new Agent(place: place)
        if (parts.agent) agent.read(parts.agent)
        def isGood = false
        def work = { Place here ->
            isGood = did(here, only)
            if (parts.post) {
                def post = new Post()
                post.read(parts.post)
                isGood = post.end(here, isGood)
            }
        }
        if (agent.image) {
            place.inContainer(agent.image, agent.args, work)
        } else {
            work(place)
        }
        isGood
    }

    private boolean did(Place place, String only) {
        if (inner) return inner.found.findAll { !only || !isPipeline || it.name == only }.every { it.run(place, only) }
        try {
            def steps = new Steps(place: place)
            steps.read(parts.steps)
            true
        } catch (Failed failed) {
            println "stage $name: $failed.message"
            false
        }
    }
}

def (file, workspace, only) = [new File(args[0]), new File(args[1]).canonicalFile, args.length > 2 ? args[2] : null]
def all = new Stage(name: file.name, isPipeline: true)
def read = 0
def pipeline = { Closure body ->
    read++
    all.read(body)
    all.settle()
}
try {
    new GroovyShell(new Binding(pipeline: pipeline)).evaluate(file)
    if (read != 1) throw new Wrong("it has $read pipelines")
    if (only && !all.inner.found.any { it.name == only }) throw new Wrong("no stage is called `$only`")
} catch (Wrong | CompilationFailedException | MissingPropertyException | MissingMethodException wrong) {
    println "$file.name: $wrong.message"
    System.exit(2)
}
def environment = [BUILD_NUMBER: '7', EXECUTOR_NUMBER: '0', WORKSPACE: workspace.path, WORKSPACE_TMP: "${workspace}@tmp".toString(), CI: 'true']
boolean isGood
try {
    isGood = all.run(new Place(workspace: workspace, environment: environment), only)
} catch (Wrong wrong) {
    println "$file.name: $wrong.message"
    System.exit(2)
}
println "Finished: ${isGood ? 'SUCCESS' : 'FAILURE'}"
System.exit(isGood ? 0 : 1)
