export { inngestMiddleware, type InngestMiddlewareOptions } from "./inngest/inngest-middleware.js";
