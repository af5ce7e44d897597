// Initiates a replica set and creates the database users of its service and of the service's migrations.
// It does only what is missing, so it can run at every start. Compose and Kubernetes run the same file:
//   mongosh --nodb --quiet initiate.js
// Its environment: REPLICA_SET, MEMBERS ("host:port,host:port"), SERVICE_USER, and the files
// ROOT_PASSWORD_FILE, SERVICE_PASSWORD_FILE, MIGRATION_PASSWORD_FILE and, if the database requires TLS,
// CA_FILE.
const fs = require("fs");

const DATABASE = "shop";
const [NOT_YET_INITIALIZED, ALREADY_INITIALIZED] = [94, 23];
const TIMEOUT_MILLISECONDS = 120_000;

const { REPLICA_SET, MEMBERS, SERVICE_USER, CA_FILE } = process.env;
const members = MEMBERS.split(",");
const secret = (name) => fs.readFileSync(process.env[name], "utf8").trimEnd();
const root = `root:${encodeURIComponent(secret("ROOT_PASSWORD_FILE"))}`;
const tls = CA_FILE ? `&tls=true&tlsCAFile=${encodeURIComponent(CA_FILE)}` : "";
const deadline = Date.now() + TIMEOUT_MILLISECONDS;

// Retries until the deadline: a server that is starting refuses connections. A wrong password is
// retried as well.
const retry = (step, attempt) => {
  for (;;) {
    try {
      // mongosh waits for the result of a call only if it is assigned.
      const result = attempt();
      return result;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      print(`${step}: ${error.message}; retrying`);
      sleep(1000);
    }
  }
};

const connectTo = (hosts, options) =>
  new Mongo(`mongodb://${root}@${hosts}/?authSource=admin&serverSelectionTimeoutMS=3000&${options}${tls}`);

const config = () => ({
  _id: REPLICA_SET,
  members: members.map((host, index) => ({ _id: index, host, priority: index === 0 ? 2 : 1 })),
});

retry(`${REPLICA_SET}: initiate`, () => {
  // MongoDB refuses to initiate the set until every member answers.
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

retry(`${REPLICA_SET}: create the users`, () => {
  const primary = connectTo(MEMBERS, `replicaSet=${REPLICA_SET}`);
  const shop = primary.getDB(DATABASE);
  // The migrations give this role its privileges, so that the service cannot change the audit trail.
  if (shop.getRole("service") === null) shop.createRole({ role: "service", privileges: [], roles: [] });
  const ensureUser = (user, passwordFile, role) => {
    const pwd = secret(passwordFile);
    if (shop.getUser(user) === null) {
      shop.createUser({ user, pwd, roles: [role] });
      print(`${REPLICA_SET}: user ${user} created`);
    } else {
      // Apply a changed password. The user of an older release keeps its roles until the migrations
      // replace them.
      shop.updateUser(user, { pwd });
    }
  };
  ensureUser(SERVICE_USER, "SERVICE_PASSWORD_FILE", "service");
  ensureUser(`${SERVICE_USER}-migrate`, "MIGRATION_PASSWORD_FILE", "dbOwner");
});
print(`${REPLICA_SET}: ready`);
