// Makes new servers a replica set and creates the user of the database's service. Does only what
// is missing, so it can be run at every start; compose and Kubernetes run the same file:
//   mongosh --nodb --quiet initiate.js
// It is told by its environment: REPLICA_SET, MEMBERS ("host:port,host:port"), SERVICE_USER, and
// the files ROOT_PASSWORD_FILE and SERVICE_PASSWORD_FILE.
const fs = require("fs");

const DATABASE = "shop";
const [NOT_YET_INITIALIZED, ALREADY_INITIALIZED] = [94, 23];
const PATIENCE_MILLISECONDS = 120_000;

const { REPLICA_SET, MEMBERS, SERVICE_USER } = process.env;
const members = MEMBERS.split(",");
const secret = (name) => fs.readFileSync(process.env[name], "utf8").trimEnd();
const root = `root:${encodeURIComponent(secret("ROOT_PASSWORD_FILE"))}`;
const deadline = Date.now() + PATIENCE_MILLISECONDS;

// A server that is just being started is asked again; a wrong password ends it only with the time.
const persist = (what, attempt) => {
  for (;;) {
    try {
      // In two steps: mongosh waits for what is kept, not for what is returned at once.
      const done = attempt();
      return done;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      print(`${what}: ${error.message}; once more`);
      sleep(1000);
    }
  }
};

const connectTo = (hosts, options) =>
  new Mongo(`mongodb://${root}@${hosts}/?authSource=admin&serverSelectionTimeoutMS=3000&${options}`);

const config = () => ({
  _id: REPLICA_SET,
  members: members.map((host, index) => ({ _id: index, host, priority: index === 0 ? 2 : 1 })),
});

persist(`${REPLICA_SET} is initiated`, () => {
  // It refuses to begin until every member is there.
  const admin = connectTo(members[0], "directConnection=true").getDB("admin");
  try {
    admin.adminCommand({ replSetGetStatus: 1 });
  } catch (error) {
    if (error.code !== NOT_YET_INITIALIZED) throw error;
    try {
      admin.adminCommand({ replSetInitiate: config() });
      print(`${REPLICA_SET}: initiated with ${members.join(", ")}`);
    } catch (refusal) {
      if (refusal.code !== ALREADY_INITIALIZED) throw refusal;
    }
  }
});

persist(`${REPLICA_SET} has its user`, () => {
  const primary = connectTo(MEMBERS, `replicaSet=${REPLICA_SET}`);
  const shop = primary.getDB(DATABASE);
  if (shop.getRole("migrator") === null) {
    // Beside reading and writing, migrations change the options of collections.
    const privilege = { resource: { db: DATABASE, collection: "" }, actions: ["collMod"] };
    shop.createRole({ role: "migrator", privileges: [privilege], roles: [] });
  }
  const pwd = secret("SERVICE_PASSWORD_FILE");
  const roles = ["readWrite", "migrator"];
  if (shop.getUser(SERVICE_USER) === null) {
    shop.createUser({ user: SERVICE_USER, pwd, roles });
    print(`${REPLICA_SET}: user ${SERVICE_USER} created`);
  } else {
    // A password that was exchanged takes effect here.
    shop.updateUser(SERVICE_USER, { pwd, roles });
  }
});
print(`${REPLICA_SET}: ready`);
