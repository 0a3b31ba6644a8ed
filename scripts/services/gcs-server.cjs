// The JSON API of Cloud Storage, as the Storage emulator inside firebase-tools serves it: memory for descriptions, a
// temporary directory for content.
//
//   node gcs-server.cjs PORT ROOT      ROOT is where firebase-tools is installed
//
// The emulator's own launcher would first download a runtime for the security rules of Firebase's clients, which nothing
// of this API asks for. So the parts are put together here. They are not public: the version in gcs.sh is exact.
const { createRequire } = require("node:module");
const { join } = require("node:path");

const [port, root] = process.argv.slice(2);
const load = createRequire(join(root, "package.json"));
const part = (name) => load(`./node_modules/firebase-tools/lib/emulator/${name}.js`);

const host = "127.0.0.1";
const { StorageEmulator } = part("storage/index");
const { createApp } = part("storage/server");
const { EmulatorRegistry } = part("registry");

// What it writes into the URLs of sessions.
EmulatorRegistry.url = () => new URL(`http://${host}:${port}`);

const emulator = new StorageEmulator({
  projectId: "coatcheck-test",
  host,
  port: Number(port),
  rules: { name: "none", content: "" },
});
// There are no functions to tell of a new object.
emulator._cloudFunctions.dispatch = () => Promise.resolve();

// It takes an object whose name ends in "%2f" for a folder whose name ends in "%2F", and deletes that.
const layer = emulator.adminStorageLayer;
const deleteFile = layer.deleteFile.bind(layer);
layer.deleteFile = (bucket, name) => {
  const key = layer.path(bucket, name);
  if (!name.endsWith("%2f") || !layer._files.has(key)) return deleteFile(bucket, name);
  layer._persistence.deleteFile(key);
  return layer._files.delete(key);
};

void createApp("coatcheck-test", emulator).then((app) => app.listen(Number(port), host));
