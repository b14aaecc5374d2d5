import java.nio.file.Path;
import org.codelibs.opensearch.runner.OpenSearchRunner;
import org.opensearch.common.settings.Settings;

/** An OpenSearch of one node, of the libraries that Maven has: all but its plugins. Arguments: its configuration file and the folder of its data. */
public class OpenSearch {
    public static void main(String[] arguments) throws Exception {
        Settings given = Settings.builder().loadFromPath(Path.of(arguments[0])).build();
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put(given);
            settings.put("http.port", 9200);
            settings.putList("node.roles", "cluster_manager", "data", "ingest");
        });
        runner.build(OpenSearchRunner.newConfigs().basePath(arguments[1]).clusterName(given.get("cluster.name")).numOfNode(1).useLogger());
        Thread.currentThread().join();
    }
}
