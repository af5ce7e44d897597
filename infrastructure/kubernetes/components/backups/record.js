// Records a backup in the database itself, so that the service can report how old and how large it is.
// Records that are older than 90 days are deleted.
const DAY = 24 * 60 * 60 * 1000
const shop = connect(process.env.ADDRESS).getSiblingDB("shop")
const now = new Date()
shop.backups.insertOne({ _id: now, bytes: Long.fromString(process.env.BYTES) }, { writeConcern: { w: "majority" } })
shop.backups.deleteMany({ _id: { $lt: new Date(now - 90 * DAY) } })
