FROM node:24-slim AS build
WORKDIR /natter
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY bin/*.ts bin/
COPY src src
RUN npm run build

FROM node:24-slim
WORKDIR /natter
COPY --from=build /natter/package.json ./
COPY --from=build /natter/dist/command dist/command
COPY bin/natter.js bin/
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s \
	CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/natter.js"]
CMD ["--serve", "--host", "0.0.0.0", "--data", "/data"]
